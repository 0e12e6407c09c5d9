// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "troupe/messages/result.hpp"
#include "troupe/samples/troupe/crawl/crawl_map.hpp"

namespace troupe::command {

/// Where the page without data is: what the environment variable
/// `TROUPE_CRAWL_PAGE` names, or `share/troupe/crawl-page.html` beside the
/// folder of this program.
std::filesystem::path page_file();

/// Reads the page without data.
/// @returns `file_error`; the context says what is missing, and why that may
/// be.
result<std::string> read_page();

/// Escapes JSON so that it can stand in an HTML page: nothing in it can end the
/// element that holds it, whatever remotes call themselves.
std::string html_safe(std::string_view json);

/// Puts a crawl into the page. Computes where nodes are drawn, which takes a
/// second for some thousand of them.
/// @param document as `to_json` makes it of that map.
/// @returns `file_error` if the page has no place for it.
result<std::string> fill_page(std::string_view page, const crawl_map& map,
                              nlohmann::ordered_json document);

} // namespace troupe::command
