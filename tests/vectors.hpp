// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "troupe/messages/bytes.hpp"

// With GCC 13 and later a JSON value that declares `!=` does not lend its `==`
// to a string on its left.
namespace nlohmann {

inline bool operator==(const std::string& text, const json& value) {
  return value.is_string() && value.get_ref<const std::string&>() == text;
}

} // namespace nlohmann

namespace troupe::test {

/// Where the vector files lie; given by the build to main.cpp alone, so that
/// other files compile to the same object wherever the clone is.
extern const char* const data_dir;

/// Loads `tests/data/NAME.json`. The result lives as long as the program, so
/// that a loop over a part of it does not run over nothing.
inline const nlohmann::json& load_vectors(std::string_view name) {
  static std::map<std::string, nlohmann::json, std::less<>> loaded;
  if (auto i = loaded.find(name); i != loaded.end())
    return i->second;
  auto path = std::string{data_dir} + "/" + std::string{name} + ".json";
  std::ifstream in{path};
  if (!in)
    throw std::runtime_error("no test vectors at " + path);
  return loaded.emplace(name, nlohmann::json::parse(in)).first->second;
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
  return from_hex(std::string_view{text.get_ref<const std::string&>()});
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
