// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "troupe/messages/bytes.hpp"

namespace troupe::fuzz {

/// Ends the process unless `holds`: the input is a finding.
inline void require(bool holds, std::string_view what) {
  if (holds)
    return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

/// Takes what a fuzzer draws apart. Numbers come from the front; an empty input
/// draws zeros.
class draws {
public:
  explicit draws(byte_view input) : rest_(input) {}

  uint8_t octet() {
    if (rest_.empty())
      return 0;
    auto result = std::to_integer<uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return result;
  }

  /// Returns a number from 1 to 256.
  size_t size() {
    return size_t{octet()} + 1;
  }

  byte_view take(size_t count) {
    auto result = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(result.size());
    return result;
  }

  [[nodiscard]] byte_view rest() const {
    return rest_;
  }

  [[nodiscard]] bool empty() const {
    return rest_.empty();
  }

private:
  byte_view rest_;
};

inline std::string text_of(byte_view data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

/// 32 bytes of one value, for keys.
inline std::array<std::byte, 32> filled_key(int value) {
  std::array<std::byte, 32> result;
  result.fill(static_cast<std::byte>(value));
  return result;
}

/// What one fuzzer looks at; each has its own.
void run(byte_view input);

} // namespace troupe::fuzz
