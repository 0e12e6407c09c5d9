// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_page.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "made_up_nodes.hpp"
#include "troupe/samples/troupe/crawl/crawl_json.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view page = "<script id=d>@CRAWL_DATA@</script><p>end";
constexpr std::string_view before = "<script id=d>";
constexpr std::string_view behind = "</script><p>end";

crawl_map named(const std::string& name) {
  crawl_map map;
  map.add_seed(made_up(1));
  map.add_told(0, {made_up(2)});
  map.set_info(0, {.moniker = name, .version = name}, 1ms);
  map.set_state(0, crawl_state::silent, errc::timeout, name);
  return map;
}

} // namespace

TEST_CASE("nothing that a node calls itself gets out of its text") {
  for (const std::string name :
       {"</script><script>alert(1)</script>", "<!--<script>", "]]>", "-->",
        "<img src=x onerror=alert(1)>", "\"'`${}", "&lt;script&gt;",
        "\xe2\x80\xa8\xe2\x80\xa9", "@CRAWL_DATA@", "\\u003c/script>"}) {
    CAPTURE(name);
    const auto map = named(name);
    const auto document = to_json(map, {.network = name});
    const auto filled = fill_page(page, map, document);
    REQUIRE(filled);
    REQUIRE(filled->starts_with(before));
    REQUIRE(filled->ends_with(behind));
    const auto data = filled->substr(
        before.size(), filled->size() - before.size() - behind.size());
    CHECK(data.find_first_of("<>&") == std::string::npos);
    // And means the same.
    auto read = nlohmann::ordered_json::parse(data);
    CHECK(read.at("layout").size() == 4);
    read.erase("layout");
    CHECK(read == document);
  }
}

TEST_CASE("a page without a place for the data, or with two, is refused") {
  const auto map = named("x");
  const auto document = to_json(map, {});
  CHECK(fill_page("<p>", map, document).code() == errc::file_error);
  CHECK(fill_page("@CRAWL_DATA@ @CRAWL_DATA@", map, document).code()
        == errc::file_error);
}
