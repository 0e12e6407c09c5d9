// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

bool stands_for_itself(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '\\';
  if (c == '"' || c == '\\') {
    out += c;
    return;
  }
  auto value = static_cast<unsigned char>(c);
  out += 'x';
  out += digits[value >> 4];
  out += digits[value & 15];
}

} // namespace

std::string quoted(std::string_view text, size_t max_length) {
  std::string result = "\"";
  for (auto c : text.substr(0, max_length)) {
    if (stands_for_itself(c))
      result += c;
    else
      append_escaped(result, c);
  }
  result += '"';
  if (text.size() > max_length)
    result += "...";
  return result;
}

} // namespace troupe
