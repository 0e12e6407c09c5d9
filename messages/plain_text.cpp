// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/plain_text.hpp"

#include <algorithm>

#include "troupe/messages/utf8.hpp"

namespace troupe {

namespace {

unsigned char value_of(char c) {
  return static_cast<unsigned char>(c);
}

/// Size of a control character of Unicode that begins at `where`, or of one
/// that breaks lines or turns their direction; 0 if there is none.
size_t control_size(std::string_view text, size_t where) {
  const auto rest = text.substr(where);
  if (value_of(rest[0]) == 0xc2 && rest.size() > 1 && value_of(rest[1]) < 0xa0)
    return 2;
  if (value_of(rest[0]) != 0xe2 || rest.size() < 3)
    return 0;
  const auto second = value_of(rest[1]);
  const auto third = value_of(rest[2]);
  const auto turns = (second == 0x80
                      && (third == 0x8e || third == 0x8f
                          || (third >= 0xa8 && third <= 0xae)))
                     || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
  return turns ? 3 : 0;
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
  for (size_t i = 0; i < result.size(); ++i) {
    auto& c = result[i];
    if (value_of(c) < 0x20 || c == '\x7f')
      c = ' ';
    else if (value_of(c) >= 0x80 && !readable)
      c = '?';
    else if (auto size = control_size(result, i); size > 0)
      std::fill_n(result.begin() + static_cast<ptrdiff_t>(i), size, ' ');
  }
  return result;
}

} // namespace troupe
