// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_frontier.hpp"

#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>

#include "made_up_nodes.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct crawl_frontier_fixture {
  explicit crawl_frontier_fixture(const crawl_manners& manners
                                  = {.concurrency = 3,
                                     .rate = 10,
                                     .patience = 5s})
    : uut(manners, {}, {}) {}

  static node_id id(uint32_t number) {
    return made_up(number).id;
  }

  /// Dials until nothing more may be dialed now.
  std::vector<node_address> dial_all() {
    std::vector<node_address> result;
    while (auto address = uut.next(now))
      result.push_back(*address);
    return result;
  }

  /// Lets a node connect and answer.
  void answers(uint32_t number, const std::vector<node_address>& with = {}) {
    CHECK(uut.up(id(number), {.moniker = "x"}, now));
    CHECK(uut.told(id(number), with, now));
    uut.down(id(number), errc::none, "", now);
  }

  const crawled_node& node(uint32_t number) const {
    return uut.map().nodes()[*uut.map().find(id(number))];
  }

  time_point now{1h};
  crawl_frontier uut;
};

} // namespace

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "nodes are dialed in the order in which they became "
                  "known, each once") {
  uut.add_seed(made_up(1));
  CHECK(dial_all() == std::vector{made_up(1)});
  answers(1, {made_up(2), made_up(3)});
  now += 1s;
  CHECK(dial_all() == std::vector{made_up(2)});
  answers(2, {made_up(1), made_up(3), made_up(4)});
  now += 1s;
  CHECK(dial_all() == std::vector{made_up(3)});
  answers(3, {made_up(1), made_up(2), made_up(4)});
  now += 1s;
  CHECK(dial_all() == std::vector{made_up(4)});
  CHECK_FALSE(uut.done());
  answers(4, {made_up(1)});
  now += 1s;
  CHECK(dial_all().empty());
  CHECK(uut.done());
  CHECK_FALSE(uut.wakeup());
  for (uint32_t i = 1; i <= 4; ++i)
    CHECK(node(i).state == crawl_state::answered);
}

TEST_CASE("dials keep their distance") {
  crawl_frontier_fixture world{
      {.concurrency = 100, .rate = 10, .patience = 1min}};
  for (uint32_t i = 1; i <= 9; ++i)
    world.uut.add_seed(made_up(i));
  CHECK(world.dial_all().size() == 1);
  CHECK(world.uut.wakeup() == world.now + 100ms);
  world.now += 99ms;
  CHECK(world.dial_all().empty());
  world.now += 1ms;
  CHECK(world.dial_all().size() == 1);
  // What was not used is not made up for.
  world.now += 10s;
  CHECK(world.dial_all().size() == 1);
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "no more nodes than allowed are busy at once, and one "
                  "is until it has gone") {
  for (uint32_t i = 1; i <= 4; ++i)
    uut.add_seed(made_up(i));
  for (int i = 0; i < 3; ++i) {
    CHECK(dial_all().size() == 1);
    now += 1s;
  }
  CHECK(dial_all().empty());
  CHECK(uut.busy() == 3);
  CHECK(uut.waiting() == 1);
  CHECK(uut.up(id(1), {}, now));
  CHECK(uut.told(id(1), {}, now));
  CHECK(dial_all().empty());
  uut.down(id(1), errc::by_operator, "", now);
  CHECK(dial_all() == std::vector{made_up(4)});
}

TEST_CASE_FIXTURE(crawl_frontier_fixture, "times are measured by node") {
  uut.add_seed(made_up(1));
  dial_all();
  now += 30ms;
  uut.up(id(1), {}, now);
  now += 7ms;
  uut.told(id(1), {}, now);
  CHECK(node(1).connect_time == 30ms);
  CHECK(node(1).answer_time == 7ms);
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "a node that does not answer in time is silent") {
  uut.add_seed(made_up(1));
  dial_all();
  uut.up(id(1), {}, now);
  CHECK(uut.wakeup() == now + 5s);
  CHECK(uut.give_up(now + 5s - 1ns).empty());
  now += 5s;
  CHECK(uut.give_up(now) == std::vector{id(1)});
  CHECK(node(1).state == crawl_state::silent);
  CHECK(node(1).reason == errc::timeout);
  // It comes too late.
  CHECK_FALSE(uut.told(id(1), {made_up(2)}, now));
  CHECK(uut.map().nodes().size() == 1);
  // Even if it never goes.
  now += 5s;
  uut.give_up(now);
  CHECK(uut.done());
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "a node that hangs up instead of answering is silent") {
  uut.add_seed(made_up(1));
  dial_all();
  uut.up(id(1), {}, now);
  uut.down(id(1), errc::connection_closed, "gone", now);
  CHECK(node(1).state == crawl_state::silent);
  CHECK(node(1).reason == errc::connection_closed);
  CHECK(node(1).detail == "gone");
  CHECK(uut.done());
}

TEST_CASE_FIXTURE(crawl_frontier_fixture, "a node answers once") {
  uut.add_seed(made_up(1));
  dial_all();
  CHECK_FALSE(uut.told(id(1), {made_up(2)}, now));
  uut.up(id(1), {}, now);
  CHECK(uut.told(id(1), {made_up(2)}, now));
  CHECK_FALSE(uut.told(id(1), {made_up(3)}, now));
  CHECK_FALSE(uut.told(id(9), {made_up(4)}, now));
  CHECK(uut.map().nodes().size() == 2);
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "nobody is asked who was not dialed, or comes twice") {
  CHECK_FALSE(uut.up(id(1), {}, now));
  uut.add_seed(made_up(1));
  dial_all();
  CHECK(uut.up(id(1), {}, now));
  CHECK_FALSE(uut.up(id(1), {}, now));
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "where one address fails, the next one is tried, up to "
                  "a limit") {
  uut.add_seed(made_up(1));
  dial_all();
  std::vector<node_address> places;
  for (uint16_t port = 1; port <= 6; ++port) {
    places.push_back(made_up(2));
    places.back().port = port;
  }
  answers(1, places);
  for (int i = 0; i < 4; ++i) {
    now += 1s;
    CHECK(dial_all() == std::vector{places[static_cast<size_t>(i)]});
    CHECK(node(2).state == crawl_state::waiting);
    uut.failed(id(2), errc::connection_refused, "nobody");
    CHECK(node(2).state == crawl_state::unreachable);
  }
  now += 1s;
  CHECK(dial_all().empty());
  CHECK(uut.done());
  CHECK(node(2).reason == errc::connection_refused);
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "an address that becomes known later is tried, too") {
  uut.add_seed(made_up(1));
  uut.add_seed(made_up(3));
  dial_all();
  answers(1, {made_up(2)});
  now += 1s;
  dial_all();
  now += 1s;
  CHECK(dial_all() == std::vector{made_up(2)});
  uut.failed(id(2), errc::timeout, "");
  CHECK(dial_all().empty());
  auto elsewhere = made_up(2);
  elsewhere.port = 7;
  answers(3, {elsewhere, made_up(2)});
  now += 1s;
  CHECK(dial_all() == std::vector{elsewhere});
  answers(2);
  CHECK(node(2).state == crawl_state::answered);
  CHECK(node(2).reason == errc::none);
  CHECK(uut.done());
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "a node that has answered is not dialed anew at "
                  "another address") {
  uut.add_seed(made_up(1));
  uut.add_seed(made_up(2));
  dial_all();
  answers(1);
  now += 1s;
  dial_all();
  auto elsewhere = made_up(1);
  elsewhere.port = 7;
  answers(2, {elsewhere});
  now += 1s;
  CHECK(dial_all().empty());
  CHECK(uut.done());
  CHECK(node(1).addresses.size() == 2);
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "what fails for good is not tried elsewhere") {
  auto elsewhere = made_up(1);
  elsewhere.port = 7;
  uut.add_seed(made_up(1));
  uut.add_seed(elsewhere);
  dial_all();
  SUBCASE("another network") {
    uut.failed(id(1), errc::wrong_network, "network \"b\"");
    CHECK(node(1).state == crawl_state::incompatible);
    CHECK(node(1).detail == "network \"b\"");
  }
  SUBCASE("no peer exchange") {
    uut.failed(id(1), errc::no_common_channel, "");
    CHECK(node(1).state == crawl_state::no_pex);
  }
  now += 1s;
  CHECK(dial_all().empty());
  CHECK(uut.done());
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "a dial without outcome is given up") {
  uut.add_seed(made_up(1));
  dial_all();
  now += 5s;
  CHECK(uut.give_up(now) == std::vector{id(1)});
  CHECK(node(1).state == crawl_state::unreachable);
  CHECK(node(1).reason == errc::timeout);
  CHECK(uut.done());
  // What is heard of it later does not count.
  uut.failed(id(1), errc::wrong_network, "");
  CHECK(node(1).state == crawl_state::unreachable);
}

TEST_CASE_FIXTURE(crawl_frontier_fixture,
                  "private addresses that a public node tells of are "
                  "shown, and not dialed") {
  uut.add_seed(made_up(1));
  dial_all();
  auto inside = made_up(2);
  inside.hostname = "192.168.0.1";
  auto here = made_up(3);
  here.hostname = "127.0.0.1";
  answers(1, {inside, here, made_up(2)});
  now += 1s;
  CHECK(dial_all() == std::vector{made_up(2)});
  now += 1s;
  CHECK(dial_all().empty());
  CHECK(node(3).state == crawl_state::not_dialed);
  uut.failed(id(2), errc::timeout, "");
  CHECK(node(2).state == crawl_state::unreachable);
  CHECK(uut.done());
}

TEST_CASE("where nobody is to be asked, it is enough to connect") {
  crawl_frontier_fixture world{
      {.concurrency = 3, .rate = 10, .patience = 5s, .asks = false}};
  world.uut.add_seed(made_up(1));
  world.dial_all();
  CHECK_FALSE(world.uut.up(made_up(1).id, {}, world.now));
  CHECK(world.node(1).state == crawl_state::answered);
  CHECK(world.node(1).connect_time);
  world.uut.down(made_up(1).id, errc::none, "", world.now);
  CHECK(world.uut.done());
}
