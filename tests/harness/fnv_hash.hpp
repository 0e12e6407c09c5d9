// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "troupe/messages/bytes.hpp"

namespace troupe::testing {

/// The 64-bit FNV-1a hash of what is added, in the order of adding. It tells
/// runs apart that should be the same; it protects nothing from an attacker.
class fnv_hash {
public:
  fnv_hash& add(byte_view data) {
    for (auto x : data)
      value_ = (value_ ^ static_cast<uint8_t>(x)) * prime;
    return *this;
  }

  fnv_hash& add(std::string_view text) {
    return add(std::as_bytes(std::span{text.data(), text.size()}));
  }

  /// Adds eight bytes, the lowest first, whatever the machine's own order is.
  fnv_hash& add(uint64_t number) {
    for (int i = 0; i < 8; ++i, number >>= 8)
      value_ = (value_ ^ (number & 0xff)) * prime;
    return *this;
  }

  [[nodiscard]] uint64_t value() const {
    return value_;
  }

private:
  static constexpr uint64_t offset = 0xcbf29ce484222325;
  static constexpr uint64_t prime = 0x100000001b3;

  uint64_t value_ = offset;
};

} // namespace troupe::testing
