// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::test {

/// Returns a payload as all interop peers make and check it: see "Protocol" in
/// README.md.
inline std::string pattern(uint64_t sequence, size_t size) {
  std::string result(size, '\0');
  for (size_t i = 0; i < size; ++i)
    result[i] = static_cast<char>(i < 8 ? sequence >> (8 * i)
                                        : sequence * 31 + i * 7 + i / 256);
  return result;
}

} // namespace troupe::test
