// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/keyed_hash.hpp"

#include <cstring>

#include <botan/mac.h>

namespace troupe {

keyed_hash::key keyed_hash::draw_key(entropy& random) {
  key result{};
  random.fill(result);
  return result;
}

uint64_t
keyed_hash::operator()(std::initializer_list<std::string_view> parts) const {
  auto mac = Botan::MessageAuthenticationCode::create_or_throw("SipHash(2,4)");
  mac->set_key(reinterpret_cast<const uint8_t*>(secret_.data()),
               secret_.size());
  for (auto part : parts) {
    mac->update_le(static_cast<uint64_t>(part.size()));
    mac->update(reinterpret_cast<const uint8_t*>(part.data()), part.size());
  }
  const auto sum = mac->final();
  uint64_t result = 0;
  std::memcpy(&result, sum.data(), sizeof(result));
  return result;
}

} // namespace troupe
