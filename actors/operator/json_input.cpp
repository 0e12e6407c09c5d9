// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/json_input.hpp"

#include <algorithm>
#include <string>

namespace troupe {

namespace {

/// Nothing that we read is deeper than 2.
constexpr int depth_max = 8;

/// What is nested deeply costs its parser more than it costs who sends it.
bool is_deep(std::string_view text) {
  int depth = 0;
  for (auto c : text) {
    if (c == '{' || c == '[')
      ++depth;
    if (depth > depth_max)
      return true;
    if (c == '}' || c == ']')
      --depth;
  }
  return false;
}

} // namespace

result<nlohmann::json> parse_json_object(std::string_view text) {
  using nlohmann::json;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return json::object();
  if (is_deep(text))
    return {errc::invalid_option, "the body is nested too deeply"};
  auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return {errc::invalid_option, "the body is not a JSON object"};
  return parsed;
}

} // namespace troupe
