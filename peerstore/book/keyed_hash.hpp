// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "troupe/messages/entropy.hpp"

namespace troupe {

/// Numbers that only those can foresee who know the key (SipHash-2-4): whoever
/// makes addresses in order to fill a bucket must not know which it will be.
class keyed_hash {
public:
  using key = std::array<std::byte, 16>;

  /// Draws a key.
  static key draw_key(entropy& random);

  explicit keyed_hash(const key& secret) : secret_(secret) {}

  /// Hashes texts, in their order and with their ends.
  [[nodiscard]] uint64_t
  operator()(std::initializer_list<std::string_view> parts) const;

  [[nodiscard]] const key& secret() const {
    return secret_;
  }

private:
  key secret_;
};

} // namespace troupe
