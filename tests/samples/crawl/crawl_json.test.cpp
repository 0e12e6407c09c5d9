// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_json.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "../child.hpp"
#include "../json_schema.hpp"
#include "made_up_nodes.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using nlohmann::json;

const json& schema() {
  static const auto result = json::parse(read_file(TROUPE_CRAWL_SCHEMA));
  return result;
}

json print(const crawl_map& map, bool complete = true) {
  const auto text = print_line(
      to_json(map, {.network = "a-net", .started = {}, .complete = complete}));
  CHECK(text.find('\n') == std::string::npos);
  return json::parse(text);
}

std::string problems(const json& document) {
  std::string result;
  for (const auto& line : schema_problems(schema(), document))
    result += line + "\n";
  return result;
}

/// Some nodes in every state there is.
crawl_map some_nodes() {
  crawl_map map;
  map.add_seed(made_up(1));
  map.add_told(0, {made_up(2), made_up(3), made_up(4), made_up(5), made_up(6),
                   made_up(7)});
  map.add_told(1, {made_up(1), made_up(3)});
  map.set_info(0,
               {.remote = to_endpoint(made_up(1)).operator*(),
                .moniker = "one",
                .channels = {0, 0x20},
                .version = "0.38.0"},
               20ms);
  map.set_answered(0, 4ms);
  map.set_info(1, {.moniker = "two", .version = "1.0.0"}, 10ms);
  map.set_answered(1, 2ms);
  map.set_info(2, {.moniker = "three", .version = "0.38.0"}, 30ms);
  map.set_state(2, crawl_state::silent, errc::timeout, "no answer");
  map.set_state(3, crawl_state::no_pex, errc::no_common_channel, "");
  map.set_state(4, crawl_state::incompatible, errc::wrong_network, "b-net");
  map.set_state(5, crawl_state::unreachable, errc::connection_refused, "");
  map.set_state(6, crawl_state::not_dialed, errc::none, "");
  return map;
}

} // namespace

TEST_CASE("what a crawl found is a document of the schema") {
  const auto document = print(some_nodes());
  CHECK(problems(document) == "");
  CHECK(document.at("network") == "a-net");
  CHECK(document.at("complete") == true);
  CHECK(document.at("edges").size() == 8);
  const auto& first = document.at("nodes").at(0);
  CHECK(first.at("id") == to_string(made_up(1).id));
  CHECK(first.at("state") == "answered");
  CHECK(first.at("seed") == true);
  CHECK(first.at("remote") == "mconn://8.0.0.1:26656");
  CHECK(first.at("channels") == json{"0x00", "0x20"});
  CHECK(first.at("told") == 6);
  CHECK(first.at("told_by") == 1);
  CHECK(first.at("degree") == 6);
  CHECK(first.at("connect_ms") == 20.0);
  CHECK(first.at("answer_ms") == 4.0);
  CHECK(first.at("reason").is_null());
  CHECK(document.at("nodes").at(4).at("reason") == "wrong_network");
}

TEST_CASE(
    "a summary counts by state and version, and says how times and degrees "
    "are spread") {
  const auto summary = print(some_nodes()).at("summary");
  CHECK(summary.at("nodes") == 7);
  CHECK(summary.at("lines") == 8);
  CHECK(summary.at("by_state").at("answered") == 2);
  CHECK(summary.at("by_state").at("silent") == 1);
  CHECK(summary.at("by_state").at("not_dialed") == 1);
  CHECK(summary.at("by_version")
        == json::array({{{"version", "0.38.0"}, {"nodes", 2}},
                        {{"version", "1.0.0"}, {"nodes", 1}}}));
  CHECK(summary.at("connect_ms")
        == json{{"min", 10.0}, {"median", 20.0}, {"p90", 30.0}, {"max", 30.0}});
  CHECK(summary.at("answer_ms").at("median") == 2.0);
  // Six lines at the seed, of which one goes both ways; two at 2 and 3.
  CHECK(summary.at("degree")
        == json{{"min", 1.0}, {"median", 1.0}, {"p90", 6.0}, {"max", 6.0}});
}

TEST_CASE("a crawl that found nothing is a document of the schema") {
  const auto document = print(crawl_map{}, false);
  CHECK(problems(document) == "");
  CHECK(document.at("summary").at("degree").is_null());
  CHECK(document.at("complete") == false);
}

TEST_CASE("texts of remotes keep a document sound") {
  crawl_map map;
  map.add_seed(made_up(1));
  const std::string bad = "\"}]</script>\\\xff\x01\n" + std::string(4000, 'x');
  map.set_info(0, {.moniker = bad, .version = bad}, 1ms);
  map.set_state(0, crawl_state::silent, errc::unexpected_message, bad);
  CHECK(problems(print(map)) == "");
}

TEST_CASE("the schema finds what is wrong") {
  const auto good = print(some_nodes());
  auto bad = good;
  SUBCASE("a field that is missing") {
    bad.erase("complete");
  }
  SUBCASE("a field too many") {
    bad["nodes"][0]["more"] = 1;
  }
  SUBCASE("another type") {
    bad["summary"]["nodes"] = "7";
  }
  SUBCASE("an unknown state") {
    bad["nodes"][0]["state"] = "lost";
  }
  SUBCASE("a text that is too long") {
    bad["nodes"][0]["moniker"] = std::string(132, 'x');
  }
  SUBCASE("a line with one end") {
    bad["edges"][0] = {1};
  }
  SUBCASE("a negative number") {
    bad["edges"][0][0] = -1;
  }
  CHECK(problems(bad) != "");
}

TEST_CASE(
    "a summary for humans has a line for each state that occurs, and quotes "
    "what remotes say") {
  auto map = some_nodes();
  map.set_info(1, {.version = "1.0\"\n"}, 1ms);
  const auto text = summary_text(to_json(map, {.network = "a-net"}));
  CHECK(text.find("network    \"a-net\"\n") == 0);
  CHECK(text.find("  answered     2\n") != std::string::npos);
  CHECK(text.find("waiting") == std::string::npos);
  CHECK(text.find("  2    \"0.38.0\"\n") != std::string::npos);
  CHECK(text.find(R"("1.0\" ")") != std::string::npos);
  CHECK(text.find("left out") == std::string::npos);
}
