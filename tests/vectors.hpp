// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "troupe/messages/bytes.hpp"

namespace troupe::test {

/// Loads `tests/data/NAME.json`.
inline nlohmann::json load_vectors(std::string_view name) {
  auto path
      = std::string{TROUPE_TEST_DATA_DIR} + "/" + std::string{name} + ".json";
  std::ifstream in{path};
  if (!in)
    throw std::runtime_error("no test vectors at " + path);
  return nlohmann::json::parse(in);
}

inline bytes from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    throw std::runtime_error("odd number of hex digits");
  auto digit = [](char c) {
    if (c >= '0' && c <= '9')
      return c - '0';
    if (c >= 'a' && c <= 'f')
      return c - 'a' + 10;
    throw std::runtime_error("not a lower-case hex digit");
  };
  bytes result;
  result.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2)
    result.push_back(
        static_cast<std::byte>(digit(text[i]) * 16 + digit(text[i + 1])));
  return result;
}

inline bytes from_hex(const nlohmann::json& text) {
  return from_hex(text.get_ref<const std::string&>());
}

inline std::string to_hex(byte_view data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  result.reserve(data.size() * 2);
  for (auto value : data) {
    result += digits[std::to_integer<unsigned>(value) >> 4];
    result += digits[std::to_integer<unsigned>(value) & 15];
  }
  return result;
}

} // namespace troupe::test
