// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "troupe/messages/bytes.hpp"

namespace troupe::testing {

/// What keys of a simulated connection are made from.
using sim_secret = std::array<std::byte, 32>;

/// Makes a secret of some content. Whoever has the content has the secret.
sim_secret derive_sim_secret(byte_view from, std::string_view label);

/// Stands for an AEAD and for the cipher of packet headers (RFC 9001, 5) in
/// simulations: what was changed on its way, or sealed with another key, does
/// not open. It hides nothing from anybody who wants to know, and is quick, and
/// the same on every machine.
class sim_cipher {
public:
  /// Bytes that sealing adds.
  static constexpr size_t overhead = 16;

  static constexpr size_t sample_size = 16;
  static constexpr size_t mask_size = 5;

  explicit sim_cipher(const sim_secret& secret);

  /// Writes `plain` sealed, `overhead` bytes more. @param out may begin where
  /// `plain` does.
  void seal(byte_span out, byte_view plain, byte_view nonce,
            byte_view beside) const;

  /// Writes what was sealed, `overhead` bytes less. @param out may begin where
  /// `sealed` does.
  /// @returns whether it was sealed like that.
  [[nodiscard]] bool open(byte_span out, byte_view sealed, byte_view nonce,
                          byte_view beside) const;

  /// Makes a mask for the header of a packet.
  [[nodiscard]] std::array<std::byte, mask_size> mask(byte_view sample) const;

private:
  using tag = std::array<std::byte, overhead>;

  void stream(byte_span out, byte_view in, byte_view nonce) const;
  [[nodiscard]] tag sign(byte_view sealed, byte_view nonce,
                         byte_view beside) const;

  std::array<uint64_t, 4> key_{};
};

} // namespace troupe::testing
