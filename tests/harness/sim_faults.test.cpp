// SPDX-License-Identifier: Apache-2.0
//
// What faults do to a simulated network.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/tests/harness/sim_network.test.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;

using kind = sim_event::kind;

TEST_CASE("a partition that heals in time costs time alone") {
  sim_world w;
  w.connect();
  SUBCASE("of both ways") {
    w.network.partition({w.a}, {w.b, w.c}, w.now);
  }
  SUBCASE("of one way") {
    w.network.block({w.a}, {w.b}, w.now);
  }
  w.near->say("hello");
  w.run_for(50s);
  CHECK(w.far->got.empty());
  w.network.heal(w.now);
  w.run_for(5s);
  CHECK(w.far->got == text("hello"));
  w.far->got.clear();
  w.check_alive();
}

TEST_CASE("a partition that lasts ends a connection that is in use") {
  sim_world w;
  w.connect();
  w.network.isolate({w.a}, w.now);
  w.near->say("hello");
  w.run_for(2min);
  CHECK(w.near->ended.code == errc::connection_closed);
  CHECK(w.near->ended.context == "connection timed out");
  CHECK(w.seen.count(kind::gave_up) == 1);
  // The other side knows nothing of it, until it says something.
  CHECK(w.far->ended.code == errc::none);
  w.network.heal(w.now);
  w.run_for(2min);
  CHECK(w.far->ended.code == errc::none);
  w.far->say("still there?");
  w.run_for(5s);
  CHECK(w.far->ended.code == errc::connection_closed);
  CHECK(w.seen.count(kind::reset) == 1);
}

TEST_CASE("an idle connection outlives any partition") {
  sim_world w;
  w.connect();
  w.network.isolate({w.b}, w.now);
  w.run_for(1h);
  w.network.heal(w.now);
  w.check_alive();
}

TEST_CASE("walls of overlapping partitions come down one by one") {
  sim_world w;
  w.connect();
  auto one = w.network.isolate({w.a}, w.now);
  auto two = w.network.isolate({w.b}, w.now);
  w.near->say("hello");
  w.network.heal(one.first, w.now);
  w.network.heal(one.second, w.now);
  w.run_for(10s);
  CHECK(w.far->got.empty());
  w.network.heal(two.first, w.now);
  w.network.heal(two.second, w.now);
  w.run_for(10s);
  CHECK(w.far->got == text("hello"));
}

TEST_CASE("a stall delays one way") {
  sim_world w;
  w.connect();
  w.network.stall(w.a, w.b, 30s, w.now);
  w.near->say("late");
  w.far->say("now");
  w.run_for(29s);
  CHECK(w.near->got == text("now"));
  CHECK(w.far->got.empty());
  w.run_for(1s);
  CHECK(w.far->got == text("late"));
  CHECK(w.near->ended.code == errc::none);
}

TEST_CASE("a reset ends both sides, and what is in flight is lost") {
  sim_world w;
  w.connect();
  w.near->say("lost");
  auto all = w.network.connections(w.b, w.a);
  REQUIRE(all.size() == 1);
  SUBCASE("by number") {
    w.network.reset(all[0], w.now);
  }
  SUBCASE("by hosts") {
    CHECK(w.network.reset_all(w.a, w.c, w.now) == 0);
    CHECK(w.network.reset_all(w.a, w.b, w.now) == 1);
  }
  CHECK(w.near->ended.code == errc::connection_closed);
  CHECK(w.far->ended.code == errc::connection_closed);
  CHECK(w.far->got.empty());
  CHECK(w.near->say("more") == 0);
  CHECK_FALSE(w.network.next_event());
}

TEST_CASE("what has arrived can be read after a reset") {
  sim_world w;
  w.connect();
  w.far->reads = false;
  w.near->say("here");
  w.run_for(1s);
  w.network.reset_all(w.a, w.b, w.now);
  w.far->reads = true;
  w.far->on_readable();
  CHECK(w.far->got == text("here"));
  CHECK(w.far->ended.code == errc::connection_closed);
}

TEST_CASE("a connection that the network has forgotten is silent for ever, and "
          "the next one is not") {
  sim_world w;
  w.connect();
  w.far->say("on its way");
  CHECK(w.network.forget_all(w.b, w.a, w.now) == 1);
  CHECK(w.seen.count(kind::forgotten) == 1);
  w.run_for(1s);
  CHECK(w.near->got.empty());
  SUBCASE("and whoever says something gives up") {
    w.near->say("hello?");
    w.run_for(61s);
    CHECK(w.near->ended.context == "connection timed out");
    CHECK(w.far->got.empty());
  }
  SUBCASE("and its end is not noticed") {
    w.network.close(w.far->socket, w.now);
    w.run_for(1h);
    CHECK(w.near->ended.code == errc::none);
  }
  SUBCASE("and a host that restarts does not answer for it") {
    w.network.crash(w.b, w.now);
    w.network.restart(w.b, w.now);
    w.near->say("hello?");
    w.run_for(30s);
    CHECK(w.near->ended.code == errc::none);
  }
  SUBCASE("and a host that restarts can be reached") {
    w.network.crash(w.b, w.now);
    w.network.restart(w.b, w.now);
    w.connect();
    w.near->say("hello");
    w.run_for(1s);
    CHECK(w.far->got == text("hello"));
  }
}

TEST_CASE("a crash is silent") {
  sim_world w;
  w.connect();
  w.far->say("unsaid");
  w.network.crash(w.b, w.now);
  CHECK(w.far->ended.code == errc::shutting_down);
  CHECK(w.far->say("never") == 0);
  CHECK_FALSE(w.network.is_up(w.b));
  SUBCASE("and stays unnoticed by an idle remote") {
    w.run_for(1h);
    CHECK(w.near->ended.code == errc::none);
  }
  SUBCASE("and a remote that says something gives up") {
    w.near->say("hello?");
    w.run_for(59s);
    CHECK(w.near->ended.code == errc::none);
    w.run_for(2s);
    CHECK(w.near->ended.context == "connection timed out");
  }
  SUBCASE("and after a restart the host knows of nothing") {
    w.run_for(10s);
    w.network.restart(w.b, w.now);
    CHECK(w.network.is_up(w.b));
    w.run_for(1h);
    CHECK(w.near->ended.code == errc::none);
    w.near->say("hello?");
    w.run_for(1s);
    CHECK(w.near->ended.context == "connection reset by the remote");
  }
  SUBCASE("and a restart answers what was sent meanwhile") {
    w.near->say("hello?");
    w.run_for(10s);
    w.network.restart(w.b, w.now);
    w.run_for(5s);
    CHECK(w.near->ended.context == "connection reset by the remote");
  }
  w.network.close(w.near->socket, w.now);
  CHECK(w.network.connections() == 0);
}

TEST_CASE("a host that restarts can do everything again") {
  sim_world w;
  w.connect();
  w.network.crash(w.b, w.now);
  CHECK_FALSE(w.network.listen(w.b, 1000, [] {}));
  auto dead = w.dial(w.b, w.where.address);
  w.run_for(5min);
  CHECK_FALSE(dead->has_value());
  w.network.restart(w.b, w.now);
  w.near.reset();
  w.far.reset();
  w.connect();
  w.check_alive();
}

TEST_CASE("a host reaches itself, whatever happens around it") {
  sim_world w;
  auto where = w.listen(w.a);
  w.network.isolate({w.a}, w.now);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(1ms);
  REQUIRE(dialed->has_value());
  CHECK(dialed->value());
}

TEST_CASE("cargo waits for an owner") {
  sim_world w;
  w.connect();
  w.network.set_owner(w.far->socket, nullptr);
  w.network.post(w.near->socket, {.content = 1, .size = 5}, w.now);
  w.run_for(1s);
  CHECK(w.far->cargos.empty());
  w.network.set_owner(w.far->socket, w.far.get());
  CHECK(w.far->cargos == std::vector<size_t>{5});
}

TEST_CASE("a writer learns of space, and a slow reader slows it down") {
  sim_world w;
  w.connect();
  w.far->reads = false;
  const auto big = std::string(1'000'000, 'x');
  const auto first = w.near->say(big);
  CHECK(first == 128 * 1024);
  w.run_for(10s);
  CHECK(w.near->spaces == 1);
  CHECK(w.near->say(big) == 128 * 1024);
  w.run_for(10s);
  CHECK(w.near->spaces == 1);
  CHECK(w.network.readable(w.far->socket) == 128 * 1024);
  w.far->reads = true;
  w.far->on_readable();
  w.run_for(10s);
  CHECK(w.near->spaces == 2);
  CHECK(w.far->got.size() == 256 * 1024);
}

TEST_CASE("names resolve to hosts, late, and not for the dead") {
  sim_world w;
  auto found
      = std::make_shared<std::optional<result<std::vector<ip_address>>>>();
  auto ask = [&](const std::string& name) {
    found->reset();
    return w.network.resolve(w.a, name, w.now, [found](auto x) { *found = x; });
  };
  ask("b");
  CHECK_FALSE(found->has_value());
  CHECK(w.network.unanswered() == 1);
  w.run_for(1s);
  CHECK(w.network.unanswered() == 0);
  REQUIRE(found->has_value());
  REQUIRE(found->value());
  CHECK(*found->value() == std::vector{ip_address::v4(10, 0, 0, 2)});
  ask("nobody");
  w.run_for(1s);
  REQUIRE(found->has_value());
  CHECK(found->value().code() == errc::unknown_host);
  w.network.cancel(ask("b"));
  w.run_for(1s);
  CHECK_FALSE(found->has_value());
  ask("b");
  w.network.crash(w.a, w.now);
  w.run_for(1s);
  CHECK_FALSE(found->has_value());
  CHECK_FALSE(w.network.next_event());
}

TEST_CASE("the waker is called when something new is due") {
  sim_world w;
  int calls = 0;
  w.network.set_waker([&] { ++calls; });
  auto where = w.listen(w.b);
  w.dial(w.a, where.address);
  CHECK(calls > 0);
  calls = 0;
  w.run_for(1s);
  // Whoever runs it asks afterwards.
  CHECK(calls == 0);
}
