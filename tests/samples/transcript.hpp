// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

// What a page says that programs print, and what they do print.

namespace troupe {

using text_lines = std::vector<std::string>;

inline text_lines split(const std::string& text) {
  text_lines result;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    result.push_back(line);
  return result;
}

inline std::string read(const std::string& path) {
  std::ifstream in{path};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view{}
                                         : line.substr(first);
}

/// Whether a line is one of the page, in which `...` stands for anything.
inline bool matches(std::string_view line, std::string_view pattern) {
  const auto dots = pattern.find("...");
  if (dots == std::string_view::npos)
    return line == pattern;
  if (!line.starts_with(pattern.substr(0, dots)))
    return false;
  line.remove_prefix(dots);
  pattern.remove_prefix(dots + 3);
  for (size_t skip = 0; skip <= line.size(); ++skip)
    if (matches(line.substr(skip), pattern))
      return true;
  return false;
}

/// Whether lines are those of the page; one that is only `...` stands for
/// any number of them.
inline bool match_all(const text_lines& found, const text_lines& wanted,
                      size_t f = 0, size_t w = 0) {
  if (w == wanted.size())
    return f == found.size();
  if (wanted[w] == "...") {
    for (auto next = f; next <= found.size(); ++next)
      if (match_all(found, wanted, next, w + 1))
        return true;
    return false;
  }
  return f < found.size() && matches(found[f], wanted[w])
         && match_all(found, wanted, f + 1, w + 1);
}

/// The blocks of a page that begin with that fence.
inline std::vector<text_lines> fenced(const std::string& page,
                                      std::string_view fence) {
  std::vector<text_lines> result;
  auto inside = false;
  auto wanted = false;
  for (const auto& line : split(page)) {
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && line == fence;
      if (wanted)
        result.emplace_back();
    } else if (wanted) {
      result.back().push_back(line);
    }
  }
  return result;
}

} // namespace troupe
