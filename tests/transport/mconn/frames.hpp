// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "../../vectors.hpp"
#include "troupe/transport/mconn/frame_cipher.hpp"

namespace troupe::test {

inline std::array<std::byte, 32> key_from_hex(const nlohmann::json& text) {
  auto raw = from_hex(text);
  std::array<std::byte, 32> result{};
  std::ranges::copy_n(raw.begin(), result.size(), result.begin());
  return result;
}

/// The cipher of one row of frames.json.
inline frame_cipher
cipher_for(const nlohmann::json& vectors, const nlohmann::json& row,
           const frame_engine_kind& by = best_frame_engine()) {
  return frame_cipher{key_from_hex(vectors["key"]),
                      std::stoull(row["counter"].get<std::string>()), by};
}

/// A frame before it is sealed, with room for the tag. `length` may lie.
inline bytes plain_frame(byte_view chunk, size_t length,
                         std::byte padding = std::byte{0}) {
  bytes frame(frame_sealed_size, padding);
  for (size_t i = 0; i < 4; ++i)
    frame[i] = static_cast<std::byte>(length >> (8 * i));
  std::ranges::copy(chunk, frame.begin() + 4);
  return frame;
}

inline bytes plain_frame(byte_view chunk) {
  return plain_frame(chunk, chunk.size());
}

/// Text that is recognised and differs from position to position.
inline bytes pattern(size_t size, unsigned seed = 1) {
  bytes result(size);
  for (size_t i = 0; i < size; ++i)
    result[i] = static_cast<std::byte>((i * 7 + seed) ^ (i >> 8));
  return result;
}

inline void extend(bytes& to, byte_view data) {
  to.insert(to.end(), data.begin(), data.end());
}

/// Ways to cut `size` bytes into pieces as a network might: sizes of the pieces
/// for each way.
inline std::vector<std::vector<size_t>> ways_to_cut(size_t size,
                                                    size_t random_ways) {
  std::vector<std::vector<size_t>> result;
  result.push_back({size});
  result.emplace_back(size, 1);
  std::mt19937 generator{static_cast<unsigned>(size)};
  for (size_t way = 0; way < random_ways; ++way) {
    auto longest = size_t{1} << (4 + way % 8);
    std::vector<size_t> pieces;
    for (size_t at = 0; at < size; at += pieces.back())
      pieces.push_back(std::min(size - at, 1 + generator() % longest));
    result.push_back(std::move(pieces));
  }
  return result;
}

} // namespace troupe::test
