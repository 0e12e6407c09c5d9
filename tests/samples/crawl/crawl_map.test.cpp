// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_map.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "made_up_nodes.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::test;
using namespace std::chrono_literals;

TEST_CASE("who told of whom is known, each line once") {
  crawl_map map;
  const auto seed = map.add_seed(made_up(1));
  CHECK(map.add_told(seed, {made_up(2), made_up(3), made_up(2)})
        == std::vector<uint32_t>{1, 2});
  CHECK(map.add_told(1, {made_up(3), made_up(1)}).empty());
  CHECK(map.add_told(1, {made_up(3)}).empty());
  REQUIRE(map.nodes().size() == 3);
  CHECK(map.nodes()[0].told == std::vector<uint32_t>{1, 2});
  CHECK(map.nodes()[1].told == std::vector<uint32_t>{2, 0});
  CHECK(map.nodes()[2].told_by == 2);
  CHECK(map.nodes()[0].told_by == 1);
  CHECK(map.line_count() == 4);
  CHECK(map.nodes()[0].seed);
  CHECK_FALSE(map.nodes()[1].seed);
  CHECK(map.nodes()[0].hops == 0);
  CHECK(map.nodes()[2].hops == 1);
  CHECK(map.find(made_up(3).id) == 2);
  CHECK_FALSE(map.find(made_up(4).id));
}

TEST_CASE("another address of a node is news, the same one is not") {
  crawl_map map;
  map.add_seed(made_up(1));
  auto elsewhere = made_up(2);
  elsewhere.port = 1;
  CHECK(map.add_told(0, {made_up(2)}) == std::vector<uint32_t>{1});
  CHECK(map.add_told(0, {elsewhere}) == std::vector<uint32_t>{1});
  CHECK(map.add_told(0, {elsewhere}).empty());
  CHECK(map.nodes()[1].addresses
        == std::vector<node_address>{made_up(2), elsewhere});
}

TEST_CASE("a node does not tell of itself, and nobody of nobody") {
  crawl_map map;
  map.add_seed(made_up(1));
  auto other_place = made_up(1);
  other_place.port = 1;
  auto nobody = made_up(2);
  nobody.id = {};
  CHECK(map.add_told(0, {other_place, nobody}).empty());
  CHECK(map.nodes().size() == 1);
  CHECK(map.nodes()[0].addresses.size() == 1);
  CHECK(map.line_count() == 0);
}

TEST_CASE("what remotes tell is bounded, and what is left out is counted") {
  crawl_map map{
      {.nodes = 4, .addresses_of_a_node = 2, .told_by_a_node = 3, .lines = 5}};
  map.add_seed(made_up(1));
  SUBCASE("nodes") {
    CHECK(map.add_told(0, {made_up(2), made_up(3)}).size() == 2);
    CHECK(map.add_told(1, {made_up(4), made_up(5)}).size() == 1);
    CHECK(map.nodes().size() == 4);
    CHECK(map.omitted().nodes == 1);
    CHECK(map.line_count() == 3);
  }
  SUBCASE("addresses of a node") {
    for (uint16_t port = 1; port < 10; ++port) {
      auto address = made_up(2);
      address.port = port;
      map.add_told(0, {address});
    }
    CHECK(map.nodes()[1].addresses.size() == 2);
    CHECK(map.omitted().addresses == 7);
    CHECK(map.line_count() == 1);
  }
  SUBCASE("lines of a node") {
    map.add_seed(made_up(2));
    map.add_seed(made_up(3));
    map.add_seed(made_up(4));
    map.add_told(0, {made_up(2), made_up(3), made_up(4), made_up(3)});
    CHECK(map.nodes()[0].told.size() == 3);
    CHECK(map.omitted().lines == 1);
  }
  SUBCASE("lines altogether") {
    map.add_told(0, {made_up(2), made_up(3), made_up(4)});
    map.add_told(1, {made_up(1), made_up(3), made_up(4)});
    CHECK(map.line_count() == 5);
    CHECK(map.omitted().lines == 1);
    CHECK(map.nodes()[1].told.size() == 2);
    CHECK(map.nodes()[3].told_by == 1);
  }
}

TEST_CASE("texts of remotes are cut and lose what is no text") {
  crawl_map map{{.text_size = 8}};
  map.add_seed(made_up(1));
  map.set_info(0, {.moniker = "a\nb\x1b[31m", .version = "\xff\xfe"}, 5ms);
  CHECK(map.nodes()[0].info->moniker == "a b [31m");
  CHECK(map.nodes()[0].info->version == "??");
  CHECK(map.nodes()[0].connect_time == 5ms);
  map.set_state(0, crawl_state::silent, errc::timeout, std::string(1000, 'x'));
  CHECK(map.nodes()[0].detail == "xxxxxxxx...");
  map.set_answered(0, 7ms);
  CHECK(map.nodes()[0].state == crawl_state::answered);
  CHECK(map.nodes()[0].reason == errc::none);
  CHECK(map.nodes()[0].detail == "");
}
