// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/entropy.hpp"

#include <limits>

#include <botan/system_rng.h>

namespace troupe {

uint64_t entropy::below(uint64_t bound) {
  if (bound < 2)
    return 0;
  // Draws from the incomplete last interval would favor small numbers.
  constexpr auto top = std::numeric_limits<uint64_t>::max();
  const auto limit = top - top % bound;
  uint64_t draw = 0;
  do {
    fill(std::as_writable_bytes(std::span{&draw, 1}));
  } while (draw >= limit);
  return draw % bound;
}

void system_entropy::fill(byte_span out) {
  Botan::system_rng().randomize(reinterpret_cast<uint8_t*>(out.data()),
                                out.size());
}

} // namespace troupe
