// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "troupe/messages/bytes.hpp"

namespace troupe {

// Base-128 integers as Protobuf and the length prefix of every delimited
// message use them: seven bits a byte, least significant group first, the high
// bit says that more follows (spec p2p, "Delimited messages").

/// Longest encoding of a 64-bit number in bytes.
inline constexpr size_t max_uvarint_size = 10;

/// Returns how many bytes `value` takes, 1 to `max_uvarint_size`.
constexpr size_t uvarint_size(uint64_t value) noexcept {
  size_t result = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++result;
  }
  return result;
}

/// Writes `value` to `out`, which has room for `uvarint_size(value)` bytes.
/// @returns the number of bytes written.
constexpr size_t encode_uvarint(uint64_t value, std::byte* out) noexcept {
  size_t size = 0;
  while (value >= 0x80) {
    out[size++] = static_cast<std::byte>(value | 0x80);
    value >>= 7;
  }
  out[size++] = static_cast<std::byte>(value);
  return size;
}

/// Appends `value` to `out`.
inline void append_uvarint(bytes& out, uint64_t value) {
  std::array<std::byte, max_uvarint_size> buffer;
  auto size = encode_uvarint(value, buffer.data());
  out.insert(out.end(), buffer.begin(),
             buffer.begin() + static_cast<std::ptrdiff_t>(size));
}

/// How far the decoding of a number got.
enum class uvarint_status : uint8_t {
  /// The number is there.
  complete,
  /// All bytes so far belong to the number and more must follow.
  incomplete,
  /// More than 10 bytes, or more than 64 bits. No number.
  overflow,
};

/// Decodes a number that arrives byte by byte. Encodings with needless zero
/// groups at their end are accepted, as CometBFT does (`82 00` is 2).
class uvarint_decoder {
public:
  /// Takes the next byte. Must not be called again after `complete` or
  /// `overflow` without a `reset`.
  constexpr uvarint_status feed(std::byte next) noexcept {
    auto group = static_cast<uint64_t>(next);
    if (shift_ == 63 && group > 1)
      return uvarint_status::overflow;
    value_ |= (group & 0x7f) << shift_;
    shift_ += 7;
    return group < 0x80 ? uvarint_status::complete : uvarint_status::incomplete;
  }

  /// The number, once `feed` has returned `complete`.
  [[nodiscard]] constexpr uint64_t value() const noexcept {
    return value_;
  }

  /// How many bytes have been fed since construction or `reset`.
  [[nodiscard]] constexpr size_t size() const noexcept {
    return shift_ / 7;
  }

  constexpr void reset() noexcept {
    value_ = 0;
    shift_ = 0;
  }

private:
  uint64_t value_ = 0;
  unsigned shift_ = 0;
};

/// What `decode_uvarint` found.
struct decoded_uvarint {
  uvarint_status status = uvarint_status::incomplete;
  /// The number, if `status` is `complete`.
  uint64_t value = 0;
  /// How many bytes of the input belong to the number.
  size_t size = 0;
};

/// Decodes the number at the front of `input`.
constexpr decoded_uvarint decode_uvarint(byte_view input) noexcept {
  if (!input.empty() && input[0] < std::byte{0x80})
    return {uvarint_status::complete, static_cast<uint64_t>(input[0]), 1};
  uvarint_decoder decoder;
  for (auto next : input) {
    auto status = decoder.feed(next);
    if (status != uvarint_status::incomplete)
      return {status, decoder.value(), decoder.size()};
  }
  return {uvarint_status::incomplete, 0, input.size()};
}

} // namespace troupe
