// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/transport/mconn/frame_cipher.hpp"

namespace troupe {

/// Opens the sealed frames of a byte stream, wherever the network cuts it.
/// Whole frames are opened in place, in the caller's buffer; a frame that is
/// not complete waits in a buffer that exists only meanwhile. Frames without
/// content are skipped.
///
/// Errors end it: `undecryptable_frame`, `oversized_frame` for a chunk length
/// above 1024, `nonce_exhausted`, and whatever `on_chunk` returns. From then on
/// every call returns the same error.
class frame_reader {
public:
  explicit frame_reader(frame_cipher cipher) : cipher_(std::move(cipher)) {}

  /// Takes `data` as it came from the network and calls
  /// `errc on_chunk(byte_view)` with the content of each frame, in order. A
  /// chunk is never empty and valid until `on_chunk` returns. What is in `data`
  /// afterwards is unspecified.
  template <class OnChunk>
  [[nodiscard]] errc read(byte_span data, OnChunk&& on_chunk) {
    std::array<byte_view, frame_group> chunks;
    for (;;) {
      size_t count = 0;
      const auto opened = next_group(data, chunks, count);
      for (auto chunk : std::span{chunks}.first(count))
        if (auto code = on_chunk(chunk); code != errc::none)
          return fail(code);
      if (opened != errc::none || count == 0)
        return opened;
    }
  }

  /// Opens the next frame that has content and drops what it took from the
  /// front of `data`.
  /// @param chunk receives the content, valid until the next call, or nothing
  /// when all of `data` is taken and more is needed.
  [[nodiscard]] errc next(byte_span& data, byte_view& chunk);

  /// Frames that were opened, empty ones included.
  [[nodiscard]] uint64_t frames() const noexcept {
    return frames_;
  }

  /// Bytes of a started frame that wait for the rest of it, at most 1043.
  [[nodiscard]] size_t pending() const noexcept {
    return partial_size_;
  }

private:
  /// The same, of several frames.
  errc next_group(byte_span& data, std::span<byte_view, frame_group> chunks,
                  size_t& count);
  errc fail(errc code);
  byte_span take_frame(byte_span& data);
  errc open(byte_span frame, byte_view& chunk);

  frame_cipher cipher_;
  std::unique_ptr<std::byte[]> partial_;
  uint16_t partial_size_ = 0;
  errc failed_ = errc::none;
  uint64_t frames_ = 0;
};

} // namespace troupe
