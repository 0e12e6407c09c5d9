// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/plain_text.hpp"

#include "troupe/messages/utf8.hpp"

namespace troupe {

namespace {

unsigned char value_of(char c) {
  return static_cast<unsigned char>(c);
}

} // namespace

void cut_text(std::string& text, size_t size_max) {
  if (text.size() <= size_max)
    return;
  auto end = size_max;
  while (end > 0 && (value_of(text[end]) & 0xc0) == 0x80)
    --end;
  text.replace(end, std::string::npos, "...");
}

std::string plain_text(std::string_view text, size_t size_max) {
  // One byte more tells that there is more.
  std::string result{text.substr(0, size_max + 1)};
  cut_text(result, size_max);
  const auto readable = is_utf8(result);
  for (auto& c : result) {
    if (value_of(c) < 0x20 || c == '\x7f')
      c = ' ';
    else if (value_of(c) >= 0x80 && !readable)
      c = '?';
  }
  return result;
}

} // namespace troupe
