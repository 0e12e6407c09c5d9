// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/transport/mconn/frame_cipher.hpp"

namespace troupe {

/// Cuts a byte stream into sealed frames, many of them into one buffer that the
/// caller hands to the socket. Payload is copied once, to where it is sealed.
///
/// Wire format of a frame before it is sealed:
///
///     length  : 4 bytes, little endian       1 to 1024
///     chunk   : length bytes
///     padding : 1024 - length zeros
///
/// Order of calls: `begin`, any number of `append`, `finish`; then again. A
/// frame without content is never written: old releases stumble over it.
class frame_writer {
public:
  explicit frame_writer(frame_cipher cipher) : cipher_(std::move(cipher)) {}

  /// Bytes that `payload` bytes take on the wire when they are appended between
  /// one `begin` and `finish`.
  static constexpr size_t sealed_size(size_t payload) noexcept {
    return (payload + frame_chunk_max - 1) / frame_chunk_max
           * frame_sealed_size;
  }

  /// Payload bytes that fit into `sealed` bytes of output.
  static constexpr size_t payload_size(size_t sealed) noexcept {
    return sealed / frame_sealed_size * frame_chunk_max;
  }

  /// Starts to fill `out`, which stays the caller's and has to live until
  /// `finish`. What was appended since the last `finish` is forgotten.
  void begin(byte_span out);

  /// Payload bytes that still fit into the output.
  [[nodiscard]] size_t room() const noexcept;

  /// Appends payload. Requires `payload.size() <= room()`.
  void append(byte_view payload);

  /// Seals the last frame, if it holds anything, with zeros behind its content.
  /// @param sealed_bytes receives the number of bytes to send from the start of
  /// the output, a multiple of 1044, or 0.
  /// @returns `nonce_exhausted`; then nothing of the output may be sent.
  [[nodiscard]] errc finish(size_t& sealed_bytes);

private:
  void end_frame();
  void seal_waiting();

  frame_cipher cipher_;
  byte_span out_;
  /// Start of the frame that is being filled.
  size_t frame_ = 0;
  /// Start of the first frame that waits to be sealed, or of that one.
  size_t waiting_ = 0;
  /// Payload bytes in that frame.
  size_t filled_ = 0;
  errc failed_ = errc::none;
};

} // namespace troupe
