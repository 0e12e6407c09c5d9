// SPDX-License-Identifier: Apache-2.0

// Configuration files: each entry stands where it says, where a file was
// written changes nothing, and what was read can be written again.
#include "troupe/samples/troupe/config_file.hpp"

#include <set>

#include <fmt/format.h>

#include "fuzz.hpp"

namespace troupe::fuzz {

namespace {

using command::config_entry;
using command::parse_config_file;

using entries = std::vector<config_entry>;

bool same(const entries& a, const entries& b, bool with_lines) {
  return std::ranges::equal(a, b, [&](const auto& x, const auto& y) {
    return x.name == y.name && x.value == y.value
           && (!with_lines || x.line == y.line);
  });
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (auto c : text) {
    if (c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t')
      result += '\\';
    switch (c) {
      case '\n':
        result += 'n';
        break;
      case '\r':
        result += 'r';
        break;
      case '\t':
        result += 't';
        break;
      default:
        result += c;
    }
  }
  return result + '"';
}

void look_at(const entries& found, size_t lines) {
  std::set<std::string> names;
  size_t line = 1;
  for (const auto& x : found) {
    require(x.line >= line && x.line <= lines, "lines are in order");
    require(names.insert(x.name).second, "a name is set once");
    line = x.line;
  }
}

void look_at_failure(const failure& what, size_t lines) {
  require(what.code == errc::invalid_option, "there is one kind of failure");
  size_t line = 0;
  require(std::sscanf(what.context.c_str(), "line %zu: ", &line) == 1
              && line >= 1 && line <= lines,
          "what is wrong stands in a line of the file");
  require(what.context.size() <= 512, "what is wrong is said in short");
  require(std::ranges::all_of(what.context,
                              [](char c) { return c >= ' ' && c <= '~'; }),
          "what is wrong can be printed");
}

/// As Windows writes it.
std::string with_other_ends(std::string_view text) {
  std::string result = "\xef\xbb\xbf";
  for (auto c : text) {
    if (c == '\n')
      result += '\r';
    result += c;
  }
  return result;
}

} // namespace

void run(byte_view input) {
  const auto text = text_of(input);
  const auto lines
      = static_cast<size_t>(std::ranges::count(text, '\n')) + size_t{1};
  const auto found = parse_config_file(text);
  const auto has_mark = text.starts_with("\xef\xbb\xbf");
  if (text.find('\r') == std::string::npos && !has_mark) {
    auto other = parse_config_file(with_other_ends(text));
    require(found.has_value() == other.has_value()
                && (found ? same(*found, *other, true)
                          : found.error().context == other.error().context),
            "it does not matter where a file was written");
  }
  if (!found) {
    look_at_failure(found.error(), lines);
    return;
  }
  look_at(*found, lines);
  std::string written;
  for (const auto& x : *found)
    written += fmt::format("{} = {}\n", in_quotes(x.name), in_quotes(x.value));
  auto again = parse_config_file(written);
  require(again.has_value() && same(*found, *again, false),
          "what was read can be written again");
}

} // namespace troupe::fuzz
