// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// Names a connection in the packets of QUIC (RFC 9000, 5.1): up to 20 bytes
/// that whoever receives them has chosen, but for the first packets to a
/// server, where its client has.
class connection_id {
public:
  /// Longest ID, in bytes (RFC 9000, 17.2).
  static constexpr size_t size_max = 20;

  /// Bytes of those that we choose.
  static constexpr size_t own_size = 12;

  connection_id() = default;

  /// @param from at most `size_max` bytes; what is beyond them is left out.
  explicit connection_id(byte_view from) noexcept
    : size_(static_cast<uint8_t>(std::min(from.size(), size_max))) {
    std::copy_n(from.begin(), size_, bytes_.begin());
  }

  /// Takes bytes as C libraries have them.
  connection_id(const uint8_t* from, size_t size) noexcept
    : connection_id(std::as_bytes(std::span{from, size})) {}

  [[nodiscard]] byte_view bytes() const noexcept {
    return byte_view{bytes_}.first(size_);
  }

  friend auto operator<=>(const connection_id&, const connection_id&) = default;

private:
  std::array<std::byte, size_max> bytes_{};
  uint8_t size_ = 0;
};

} // namespace troupe
