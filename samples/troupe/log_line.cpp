// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/log_line.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace troupe::command {

namespace {

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// Takes a text in quotes from the front, as `troupe::quoted` makes it.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string result;
  for (size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      // It was cut.
      if (rest.starts_with("...")) {
        result += "...";
        rest.remove_prefix(3);
      }
      return result;
    }
    if (rest[at] != '\\') {
      result += rest[at];
      continue;
    }
    if (++at == rest.size())
      break;
    unsigned value = 0;
    if (rest[at] == 'x' && at + 2 < rest.size()) {
      const auto* digits = rest.data() + at + 1;
      if (std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
        result += static_cast<char>(value);
        at += 2;
        continue;
      }
    }
    result += rest[at];
  }
  return std::nullopt;
}

/// Takes a value from the front, up to the next blank.
std::optional<std::string> take_value(std::string_view& rest) {
  if (rest.starts_with('"'))
    return take_quoted(rest);
  const auto end = std::min(rest.find(' '), rest.size());
  std::string result{rest.substr(0, end)};
  rest.remove_prefix(end);
  return result;
}

/// Reads `key=value ...`; nothing if it is something else.
std::optional<event_fields> parse_fields(std::string_view rest) {
  auto result = event_fields::object();
  while (!rest.empty()) {
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos || !is_key(rest.substr(0, equals)))
      return std::nullopt;
    const std::string key{rest.substr(0, equals)};
    rest.remove_prefix(equals + 1);
    auto value = take_value(rest);
    if (!value || (!rest.empty() && rest.front() != ' '))
      return std::nullopt;
    rest.remove_prefix(std::min<size_t>(1, rest.size()));
    result[key] = std::move(*value);
  }
  return result;
}

} // namespace

event_words parse_log_line(std::string_view level, std::string_view node,
                           std::string_view line) {
  event_words result{.name = "message", .fields = event_fields::object()};
  result.fields["level"] = level;
  if (!node.empty())
    result.fields["node"] = node;
  auto found = parse_fields(line);
  if (!found || !found->contains("event")) {
    result.fields["text"] = line;
    return result;
  }
  for (const auto& [key, value] : found->items())
    if (key == "event")
      result.name = value;
    else
      // What we say ourselves comes first, and stays what it is.
      result.fields[result.fields.contains(key) ? key + "_" : key] = value;
  return result;
}

} // namespace troupe::command
