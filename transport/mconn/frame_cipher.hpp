// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/transport/mconn/frame_engine.hpp"

namespace troupe {

/// Seals or opens the frames of one direction of a SecretConnection:
/// ChaCha20-Poly1305 (RFC 8439) without associated data. The nonce is 4 zero
/// bytes, then the number of the frame, 64 bits little endian.
///
/// An object serves one direction: call either `seal` or `open`. Which library
/// does it is chosen at run time, among those of the build, by what is fastest
/// on the processor at hand.
class frame_cipher {
public:
  /// @param counter number of the first frame, 0 on a new connection.
  explicit frame_cipher(std::span<const std::byte, 32> key,
                        uint64_t counter = 0,
                        const frame_engine_kind& by = best_frame_engine());

  /// Encrypts the first 1028 of the 1044 bytes of `frame` in place and puts the
  /// tag behind them.
  /// @returns `nonce_exhausted` once 2^64 - 1 frames were sealed; the frame is
  /// as it was and must not be sent.
  [[nodiscard]] errc seal(byte_span frame);

  /// Checks the tag of the 1044 bytes of `frame` and decrypts the first 1028 in
  /// place.
  /// @returns `undecryptable_frame` or `nonce_exhausted`; the content of the
  /// frame is then unspecified and holds no plaintext.
  [[nodiscard]] errc open(byte_span frame);

  /// Number of the next frame.
  [[nodiscard]] uint64_t counter() const noexcept {
    return counter_;
  }

  /// The library that this process uses: `"openssl"`, `"botan"` or
  /// `"ipsec-mb"`.
  static std::string_view library();

private:
  std::unique_ptr<frame_engine> engine_;
  uint64_t counter_;
};

} // namespace troupe
