// SPDX-License-Identifier: Apache-2.0

// The frame reader: whatever is behind the seal, and wherever it is cut.
#include <vector>

#include "fuzz.hpp"
#include "troupe/transport/mconn/frame_reader.hpp"

namespace troupe::fuzz {

namespace {

/// Seals frames whose length and content are drawn, and breaks some seals.
bytes seal(draws& from) {
  frame_cipher cipher{filled_key(7)};
  bytes result;
  while (!from.empty()) {
    const auto kind = from.octet();
    auto content = from.take(size_t{from.octet()} * 4);
    bytes frame(frame_sealed_size);
    const auto length
        = kind % 4 == 3 ? size_t{from.octet()} << (kind % 32) : content.size();
    for (size_t i = 0; i < 4; ++i)
      frame[i] = static_cast<std::byte>(length >> (8 * i));
    std::ranges::copy(content, frame.begin() + 4);
    require(cipher.seal(frame) == errc::none, "frames can be sealed");
    if (kind >= 250)
      frame[from.octet()] ^= std::byte{1};
    result.insert(result.end(), frame.begin(), frame.end());
  }
  return result;
}

struct outcome {
  errc code = errc::none;
  bytes content = {};

  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome read(bytes sealed, size_t step) {
  frame_reader reader{frame_cipher{filled_key(7)}};
  outcome result;
  auto rest = byte_span{sealed};
  while (!rest.empty() && result.code == errc::none) {
    auto part = rest.first(std::min(step, rest.size()));
    rest = rest.subspan(part.size());
    result.code = reader.read(part, [&](byte_view chunk) {
      require(!chunk.empty() && chunk.size() <= frame_chunk_max,
              "a chunk has its size");
      result.content.insert(result.content.end(), chunk.begin(), chunk.end());
      return errc::none;
    });
    require(result.code != errc::none || reader.pending() < frame_sealed_size,
            "half a frame is held");
  }
  return result;
}

} // namespace

void run(byte_view input) {
  draws from{input};
  const auto step = from.size();
  const auto sealed = seal(from);
  auto whole = read(sealed, sealed.size() + 1);
  require(read(sealed, step) == whole, "cuts change nothing");
}

} // namespace troupe::fuzz
