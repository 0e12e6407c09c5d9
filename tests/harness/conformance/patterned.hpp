// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "troupe/messages/bytes.hpp"

namespace troupe::testing::conformance {

/// Bytes that tell their position, so that a mix-up shows.
inline bytes patterned(size_t size, size_t seed = 0) {
  bytes result(size);
  for (size_t i = 0; i < size; ++i)
    result[i] = static_cast<std::byte>((i * 7 + i / 251 + seed) & 0xff);
  return result;
}

} // namespace troupe::testing::conformance
