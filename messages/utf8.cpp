// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/utf8.hpp"

#include <cstdint>

namespace troupe {

namespace {

/// What the second byte may be, given the first; all later ones are 80..BF.
struct lead {
  uint8_t size;
  uint8_t second_min;
  uint8_t second_max;
};

/// The table of RFC 3629, section 4. Size 0: not the start of a sequence.
lead classify(uint8_t first) {
  if (first < 0x80)
    return {1, 0, 0};
  if (first < 0xc2)
    return {0, 0, 0};
  if (first < 0xe0)
    return {2, 0x80, 0xbf};
  if (first < 0xf0)
    return {3, static_cast<uint8_t>(first == 0xe0 ? 0xa0 : 0x80),
            static_cast<uint8_t>(first == 0xed ? 0x9f : 0xbf)};
  if (first < 0xf5)
    return {4, static_cast<uint8_t>(first == 0xf0 ? 0x90 : 0x80),
            static_cast<uint8_t>(first == 0xf4 ? 0x8f : 0xbf)};
  return {0, 0, 0};
}

/// Returns the size of the sequence that `text` starts with, or 0 if it starts
/// with none.
size_t sequence_size(std::string_view text) {
  auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  auto expected = classify(byte(0));
  if (expected.size < 2)
    return expected.size;
  if (text.size() < expected.size || byte(1) < expected.second_min
      || byte(1) > expected.second_max)
    return 0;
  for (size_t i = 2; i < expected.size; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xbf)
      return 0;
  return expected.size;
}

} // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto size = sequence_size(text);
    if (size == 0)
      return false;
    text.remove_prefix(size);
  }
  return true;
}

} // namespace troupe
