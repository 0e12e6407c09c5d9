// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_network.test.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;

using kind = sim_event::kind;

TEST_CASE("a connection takes a round trip, and the listener half one more") {
  sim_world w;
  const auto start = w.now;
  auto where = w.listen(w.b);
  CHECK(where.address == sim_address{ip_address::v4(10, 0, 0, 2), 1000});
  auto dialed = w.dial(w.a, where.address);
  w.run_for(20ms - 1ns);
  CHECK_FALSE(dialed->has_value());
  w.run_for(1ns);
  REQUIRE(dialed->has_value());
  REQUIRE(dialed->value());
  CHECK(w.incoming == 0);
  w.run_for(10ms);
  CHECK(w.incoming == 1);
  CHECK(w.now == start + 30ms);
  auto accepted = w.network.accept(where);
  REQUIRE(accepted);
  const auto near = *dialed->value();
  CHECK(w.network.local_address(*accepted) == where.address);
  CHECK(w.network.remote_address(near) == where.address);
  CHECK(w.network.local_address(near) == w.network.remote_address(*accepted));
  CHECK(w.network.local_address(near).ip == ip_address::v4(10, 0, 0, 1));
  CHECK_FALSE(w.network.accept(where));
}

TEST_CASE("bytes go both ways, and ends come behind them") {
  sim_world w;
  w.connect();
  w.check_alive();
  SUBCASE("one way after the other") {
    w.near->say("last");
    w.network.finish(w.near->socket, w.now);
    w.run_for(1s);
    CHECK(w.far->got == text("last"));
    CHECK(w.far->ended.code == errc::connection_closed);
    CHECK(w.far->ended.context.empty());
    // The other direction lives on.
    CHECK(w.far->say("answer") == 6);
    w.run_for(1s);
    CHECK(w.near->got == text("answer"));
    CHECK(w.near->ended.code == errc::none);
    w.network.close(w.far->socket, w.now);
    w.run_for(1s);
    CHECK(w.near->ended.code == errc::connection_closed);
  }
  SUBCASE("both at once") {
    w.near->say("last");
    w.network.close(w.near->socket, w.now);
    w.run_for(1s);
    CHECK(w.far->got == text("last"));
    CHECK(w.far->ended.code == errc::connection_closed);
    w.network.close(w.far->socket, w.now);
  }
  CHECK(w.network.connections() == (w.near->ended.code == errc::none ? 0 : 1));
  w.network.close(w.near->socket, w.now);
  CHECK(w.network.connections() == 0);
  CHECK_FALSE(w.network.next_event());
}

TEST_CASE("what a dialer says before it hangs up arrives, however soon") {
  sim_world w;
  auto where = w.listen(w.b);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(20ms);
  REQUIRE(dialed->has_value());
  const auto near = *dialed->value();
  w.network.write(near, text("bye"), w.now);
  w.network.close(near, w.now);
  w.run_for(1s);
  auto accepted = w.network.accept(where);
  REQUIRE(accepted);
  sim_user far{w.network, *accepted, w.now};
  CHECK(far.got == text("bye"));
  CHECK(far.ended.code == errc::connection_closed);
}

TEST_CASE("data for an end that was closed is answered with a reset") {
  sim_world w;
  w.connect();
  w.network.close(w.near->socket, w.now);
  w.far->reads = false; // Does not see the end.
  w.far->say("anybody there?");
  w.run_for(1s);
  CHECK(w.network.failed(w.far->socket).code == errc::connection_closed);
  CHECK(w.seen.count(kind::reset) == 1);
}

TEST_CASE("a request finds nobody") {
  sim_world w;
  auto expect = [&](const sim_address& to, duration limit) {
    auto dialed = w.dial(w.a, to);
    w.run_for(limit);
    REQUIRE(dialed->has_value());
    CHECK(dialed->value().code() == errc::connection_refused);
  };
  const auto at_b = sim_address{w.network.topology().ip_of(w.b), 1000};
  SUBCASE("where nobody listens") {
    expect(at_b, 20ms);
  }
  SUBCASE("where somebody listened") {
    auto where = w.listen(w.b);
    w.network.close_listener(where, w.now);
    expect(at_b, 20ms);
  }
  SUBCASE("where the host is switched off") {
    w.listen(w.b);
    w.network.crash(w.b, w.now);
    expect(at_b, 20ms);
  }
  SUBCASE("where there is no host") {
    expect({ip_address::v4(10, 9, 9, 9), 1}, 127s);
    CHECK(w.seen.count(kind::dial_tried) > 5);
    CHECK(w.seen.count(kind::dial_gave_up) == 1);
  }
  SUBCASE("as the link refuses it") {
    w.network.set_link(w.a, w.b, {.refuse_per_mille = 1000});
    w.listen(w.b);
    expect(at_b, 1s);
  }
  SUBCASE("as the link swallows it") {
    w.network.set_link(w.a, w.b, {.ignore_per_mille = 1000});
    w.listen(w.b);
    expect(at_b, 130s);
    CHECK(w.seen.count(kind::dial_gave_up) == 1);
  }
  CHECK_FALSE(w.network.next_event());
}

TEST_CASE("a host that is off may say nothing") {
  auto options = sim_world::plain();
  options.refuse_when_down = false;
  sim_world w{1, options};
  auto where = w.listen(w.b);
  w.network.crash(w.b, w.now);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(100s);
  CHECK_FALSE(dialed->has_value());
}

TEST_CASE("a request is repeated until a partition heals") {
  sim_world w;
  auto where = w.listen(w.b);
  SUBCASE("both ways") {
    w.network.isolate({w.a}, w.now);
  }
  SUBCASE("for requests alone") {
    w.network.block({w.a}, {w.b}, w.now);
  }
  SUBCASE("for answers alone") {
    w.network.block({w.b}, {w.a}, w.now);
  }
  auto dialed = w.dial(w.a, where.address);
  w.run_for(10s);
  CHECK_FALSE(dialed->has_value());
  CHECK(w.incoming == 0);
  w.network.heal(w.now);
  w.run_for(20s);
  REQUIRE(dialed->has_value());
  CHECK(dialed->value());
  CHECK(w.incoming == 1);
}

TEST_CASE("a dial that is cancelled leaves nothing") {
  sim_world w;
  auto where = w.listen(w.b);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(15ms);
  CHECK(w.network.unanswered() == 1);
  w.network.cancel(w.last_dial);
  CHECK(w.network.unanswered() == 0);
  w.run_for(1min);
  CHECK_FALSE(dialed->has_value());
  CHECK(w.incoming == 0);
  CHECK(w.network.connections() == 0);
}

TEST_CASE("connections beyond the backlog wait for a place") {
  auto options = sim_world::plain();
  options.backlog_max = 2;
  sim_world w{1, options};
  auto where = w.listen(w.b);
  std::vector<decltype(w.dial(w.a, where.address))> dials;
  for (int i = 0; i < 3; ++i) {
    dials.push_back(w.dial(w.a, where.address));
    w.run_for(100ms);
  }
  CHECK(dials[1]->has_value());
  CHECK_FALSE(dials[2]->has_value());
  CHECK(w.network.accept(where));
  w.run_for(10s);
  REQUIRE(dials[2]->has_value());
  CHECK(dials[2]->value());
}

TEST_CASE("who waits when a listener closes is turned away") {
  sim_world w;
  auto where = w.listen(w.b);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(1s);
  sim_user near{w.network, *dialed->value(), w.now};
  w.network.close_listener(where, w.now);
  w.run_for(1s);
  CHECK(near.ended.code == errc::connection_closed);
  // The next listener at that address is another one.
  auto next = w.listen(w.b);
  w.network.close_listener(where, w.now);
  CHECK_FALSE(w.network.listen(w.b, 1000, [] {}));
  w.network.close_listener(next, w.now);
  CHECK(w.network.listen(w.b, 1000, [] {}));
}
