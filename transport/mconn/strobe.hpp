// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// Whether data starts an operation or continues the one before.
enum class strobe_part : uint8_t { first, next };

/// The part of STROBE-128 (STROBE v1.0.2) that transcripts need: absorb data,
/// absorb keys, squeeze pseudo-random bytes. No transport operations.
///
/// A copy goes its own way from there on. The state is overwritten when the
/// object goes away.
class strobe {
public:
  /// Bytes of the Keccak state.
  static constexpr size_t state_size = 200;

  /// Bytes that one permutation absorbs or yields.
  static constexpr size_t rate = 166;

  explicit strobe(std::string_view protocol);

  strobe(const strobe&) = default;

  strobe& operator=(const strobe&) = default;

  ~strobe();

  /// Absorbs data about the data that follows.
  void meta_ad(byte_view data, strobe_part part = strobe_part::first);

  /// Absorbs data.
  void ad(byte_view data, strobe_part part = strobe_part::first);

  /// Replaces part of the state by a key.
  void key(byte_view data, strobe_part part = strobe_part::first);

  /// Fills `out` with pseudo-random bytes that depend on all that came before.
  void prf(byte_span out, strobe_part part = strobe_part::first);

  // -- for known answers ------------------------------------------------------

  [[nodiscard]] std::span<const std::byte, state_size> state() const noexcept {
    return state_;
  }

  /// Offset of the next byte, 0 to 165.
  [[nodiscard]] size_t position() const noexcept {
    return position_;
  }

  /// Offset behind which the current operation began, 0 to 166.
  [[nodiscard]] size_t begin_position() const noexcept {
    return begin_position_;
  }

private:
  void begin(uint8_t flags, strobe_part part);
  void absorb(byte_view data);
  void advance();
  void permute();

  std::array<std::byte, state_size> state_{};
  uint8_t position_ = 0;
  uint8_t begin_position_ = 0;
  uint8_t flags_ = 0;
};

/// The permutation Keccak-f[1600] (FIPS 202, 3.4) on 25 lanes, each 8 bytes
/// little endian.
void keccak_f1600(std::span<std::byte, 200> state) noexcept;

} // namespace troupe
