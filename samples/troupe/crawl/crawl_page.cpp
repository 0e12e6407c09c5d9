// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_page.hpp"

#include <cmath>
#include <cstdlib>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/samples/troupe/crawl/crawl_json.hpp"
#include "troupe/samples/troupe/crawl/graph_layout.hpp"

namespace troupe::command {

namespace {

/// Where the data goes; the page has it once.
constexpr std::string_view mark = "@CRAWL_DATA@";

nlohmann::ordered_json layout_of(const crawl_map& map) {
  std::vector<layout_line> lines;
  lines.reserve(map.line_count());
  const auto count = map.nodes().size();
  for (uint32_t from = 0; from < count; ++from)
    for (auto to : map.nodes()[from].told)
      lines.emplace_back(from, to);
  auto result = nlohmann::ordered_json::array();
  for (const auto& [x, y] : lay_out(count, lines, layout_steps(count))) {
    result.push_back(std::round(x * 10) / 10);
    result.push_back(std::round(y * 10) / 10);
  }
  return result;
}

} // namespace

std::filesystem::path page_file() {
  if (const auto* named = std::getenv("TROUPE_CRAWL_PAGE");
      named != nullptr && *named != '\0')
    return named;
  std::error_code problem;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", problem);
  return program.parent_path().parent_path() / "share" / "troupe"
         / "crawl-page.html";
}

result<std::string> read_page() {
  constexpr size_t size_max = size_t{16} << 20;
  const auto file = page_file();
  if (std::error_code ignored; !std::filesystem::exists(file, ignored))
    return {errc::file_error,
            fmt::format("{} is missing, the page without data: it is built "
                        "where Node.js and npm are installed",
                        troupe::quoted(file.native(), 256))};
  return read_whole_file(file, size_max);
}

std::string html_safe(std::string_view json) {
  std::string result;
  result.reserve(json.size());
  // Only texts have these characters, where an escape means the same.
  for (auto c : json)
    if (c == '<' || c == '>' || c == '&')
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      result += c;
  return result;
}

result<std::string> fill_page(std::string_view page, const crawl_map& map,
                              nlohmann::ordered_json document) {
  const auto at = page.find(mark);
  if (at == std::string_view::npos
      || page.find(mark, at + 1) != std::string_view::npos)
    return {errc::file_error, "the page without data has no place for it, or "
                              "more than one"};
  document["layout"] = layout_of(map);
  std::string result{page.substr(0, at)};
  result += html_safe(print_line(document));
  result += page.substr(at + mark.size());
  return result;
}

} // namespace troupe::command
