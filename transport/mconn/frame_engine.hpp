// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// Most payload bytes in one frame.
inline constexpr size_t frame_chunk_max = 1024;

/// Bytes that tell the length of a chunk, little endian.
inline constexpr size_t frame_length_size = 4;

/// A frame before sealing: length of the chunk, chunk, padding.
inline constexpr size_t frame_plain_size = frame_length_size + frame_chunk_max;

/// A frame on the wire: ciphertext, then the tag of 16 bytes.
inline constexpr size_t frame_sealed_size = frame_plain_size + 16;

/// So many frames are sealed or opened in a row, if there are as many: what
/// ciphers them drives all other code out of the processor's cache, and 8 KiB
/// of content stay in it.
inline constexpr size_t frame_group = 8;

/// The part of a `frame_cipher` that a library does: the frames of one key and
/// one direction. All libraries do the same, at different speeds.
class frame_engine {
public:
  frame_engine() = default;

  frame_engine(const frame_engine&) = delete;

  frame_engine& operator=(const frame_engine&) = delete;

  virtual ~frame_engine() = default;

  /// Encrypts a frame in place and puts the tag behind it.
  virtual void seal(uint64_t number, byte_span frame) = 0;

  /// Checks the tag of a frame and decrypts it in place.
  /// @returns `false` if the tag is wrong; `frame` then holds no plaintext.
  [[nodiscard]] virtual bool open(uint64_t number, byte_span frame) = 0;
};

/// A library that can do that.
struct frame_engine_kind {
  std::string_view library;

  /// Whether it runs on this processor.
  bool (*runs)();

  /// Whether it is known to be faster here than those that it stands before.
  bool (*excels)();

  std::unique_ptr<frame_engine> (*make)(std::span<const std::byte, 32> key);
};

/// Returns all libraries of this build.
std::span<const frame_engine_kind> frame_engine_kinds() noexcept;

/// Returns the library that this process uses: the first that runs and excels.
const frame_engine_kind& best_frame_engine();

// What stands behind them, each in its own file.
std::unique_ptr<frame_engine>
make_openssl_engine(std::span<const std::byte, 32> key);
std::unique_ptr<frame_engine>
make_botan_engine(std::span<const std::byte, 32> key);
std::unique_ptr<frame_engine>
make_ipsec_engine(std::span<const std::byte, 32> key);
bool ipsec_engine_runs();
bool ipsec_engine_excels();

} // namespace troupe
