// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_network.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/harness/fnv_hash.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

using kind = sim_event::kind;

bytes text(std::string_view x) {
  auto data = std::as_bytes(std::span{x.data(), x.size()});
  return {data.begin(), data.end()};
}

/// Remembers and hashes what happens.
struct recorder : sim_observer {
  void note(const sim_event& x) override {
    events.push_back(x);
    hash.add(static_cast<uint64_t>(x.when.time_since_epoch().count()))
        .add(static_cast<uint64_t>(x.what))
        .add(static_cast<uint64_t>(x.from))
        .add(static_cast<uint64_t>(x.to))
        .add(x.subject)
        .add(uint64_t{x.size})
        .add(x.hash);
  }

  [[nodiscard]] size_t count(kind what) const {
    return static_cast<size_t>(
        std::count_if(events.begin(), events.end(),
                      [what](const auto& x) { return x.what == what; }));
  }

  std::vector<sim_event> events;
  fnv_hash hash;
};

/// Reads everything as it comes.
struct user : sim_socket_owner {
  user(sim_network& net, sim_socket end, const time_point& time)
    : network(net),
      socket(end),
      now(time) {
    network.set_owner(socket, this);
    on_readable();
  }

  ~user() override {
    network.set_owner(socket, nullptr);
  }

  void on_readable() override {
    while (reads && ended.code == errc::none) {
      auto result = network.read(socket, 100, now);
      got.insert(got.end(), result.data.begin(), result.data.end());
      ended = result.ended;
      if (result.data.empty())
        break;
    }
  }

  void on_writable() override {
    ++spaces;
  }

  void on_cargo(sim_cargo cargo) override {
    cargos.push_back(cargo.size);
  }

  size_t say(std::string_view what) {
    return network.write(socket, text(what), now);
  }

  sim_network& network;
  sim_socket socket;
  const time_point& now;
  bool reads = true;
  bytes got;
  failure ended;
  size_t spaces = 0;
  std::vector<size_t> cargos;
};

struct world {
  explicit world(uint64_t seed = 1, sim_network_options options = plain())
    : network(seed, options) {
    network.set_observer(&seen);
  }

  static sim_network_options plain() {
    return {.link = {.latency = sim_latency::fixed(10ms), .cut_per_mille = 0}};
  }

  void run_for(duration span) {
    const auto end = now + span;
    for (auto next = network.next_event(); next && *next <= end;
         next = network.next_event()) {
      now = *next;
      network.run(now);
    }
    now = end;
  }

  /// Dials, and remembers what became of it.
  std::shared_ptr<std::optional<result<sim_socket>>>
  dial(sim_host from, const sim_address& to) {
    auto outcome = std::make_shared<std::optional<result<sim_socket>>>();
    last_dial
        = network.dial(from, to, now, [outcome](auto x) { *outcome = x; });
    return outcome;
  }

  sim_listener listen(sim_host host, uint16_t port = 1000) {
    auto result = network.listen(host, port, [this] { ++incoming; });
    REQUIRE(result);
    return *result;
  }

  /// Connects a to b.
  void connect() {
    where = listen(b);
    auto dialed = dial(a, where.address);
    run_for(1s);
    REQUIRE(dialed->has_value());
    REQUIRE(dialed->value());
    auto accepted = network.accept(where);
    REQUIRE(accepted);
    near = std::make_unique<user>(network, *dialed->value(), now);
    far = std::make_unique<user>(network, *accepted, now);
  }

  /// One message each way.
  void check_alive() {
    near->say("ping");
    far->say("pong");
    run_for(5s);
    CHECK(far->got == text("ping"));
    CHECK(near->got == text("pong"));
    far->got.clear();
    near->got.clear();
  }

  recorder seen;
  sim_network network;
  time_point now = time_point{} + 1h;
  sim_host a = network.add_host("a");
  sim_host b = network.add_host("b");
  sim_host c = network.add_host("c");
  int incoming = 0;
  sim_network::dial_id last_dial = {};
  sim_listener where;
  std::unique_ptr<user> near;
  std::unique_ptr<user> far;
};

} // namespace

TEST_CASE("a connection takes a round trip, and the listener half one more") {
  world w;
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
  world w;
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
  world w;
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
  user far{w.network, *accepted, w.now};
  CHECK(far.got == text("bye"));
  CHECK(far.ended.code == errc::connection_closed);
}

TEST_CASE("data for an end that was closed is answered with a reset") {
  world w;
  w.connect();
  w.network.close(w.near->socket, w.now);
  w.far->reads = false; // Does not see the end.
  w.far->say("anybody there?");
  w.run_for(1s);
  CHECK(w.network.failed(w.far->socket).code == errc::connection_closed);
  CHECK(w.seen.count(kind::reset) == 1);
}

TEST_CASE("a request finds nobody") {
  world w;
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
  auto options = world::plain();
  options.refuse_when_down = false;
  world w{1, options};
  auto where = w.listen(w.b);
  w.network.crash(w.b, w.now);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(100s);
  CHECK_FALSE(dialed->has_value());
}

TEST_CASE("a request is repeated until a partition heals") {
  world w;
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
  world w;
  auto where = w.listen(w.b);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(15ms);
  w.network.cancel(w.last_dial);
  w.run_for(1min);
  CHECK_FALSE(dialed->has_value());
  CHECK(w.incoming == 0);
  CHECK(w.network.connections() == 0);
}

TEST_CASE("connections beyond the backlog wait for a place") {
  auto options = world::plain();
  options.backlog_max = 2;
  world w{1, options};
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
  world w;
  auto where = w.listen(w.b);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(1s);
  user near{w.network, *dialed->value(), w.now};
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

TEST_CASE("a partition that heals in time costs time alone") {
  world w;
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
  world w;
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
  world w;
  w.connect();
  w.network.isolate({w.b}, w.now);
  w.run_for(1h);
  w.network.heal(w.now);
  w.check_alive();
}

TEST_CASE("walls of overlapping partitions come down one by one") {
  world w;
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
  world w;
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
  world w;
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
  world w;
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

TEST_CASE("a crash is silent") {
  world w;
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
  world w;
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
  world w;
  auto where = w.listen(w.a);
  w.network.isolate({w.a}, w.now);
  auto dialed = w.dial(w.a, where.address);
  w.run_for(1ms);
  REQUIRE(dialed->has_value());
  CHECK(dialed->value());
}

TEST_CASE("cargo waits for an owner") {
  world w;
  w.connect();
  w.network.set_owner(w.far->socket, nullptr);
  w.network.post(w.near->socket, {.content = 1, .size = 5}, w.now);
  w.run_for(1s);
  CHECK(w.far->cargos.empty());
  w.network.set_owner(w.far->socket, w.far.get());
  CHECK(w.far->cargos == std::vector<size_t>{5});
}

TEST_CASE("a writer learns of space, and a slow reader slows it down") {
  world w;
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
  world w;
  auto found
      = std::make_shared<std::optional<result<std::vector<ip_address>>>>();
  auto ask = [&](const std::string& name) {
    found->reset();
    return w.network.resolve(w.a, name, w.now, [found](auto x) { *found = x; });
  };
  ask("b");
  CHECK_FALSE(found->has_value());
  w.run_for(1s);
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
  world w;
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

namespace {

/// Everybody talks to everybody, with faults, for a minute.
uint64_t random_run(uint64_t seed) {
  sim_network_options options;
  options.link.latency = sim_latency::long_tail(20ms, 2s);
  options.link.bandwidth = 200'000;
  options.link.refuse_per_mille = 50;
  options.link.ignore_per_mille = 50;
  options.link.give_up = 10s;
  world w{seed, options};
  sim_random random{seed};
  const auto hosts = std::vector{w.a, w.b, w.c};
  std::vector<std::unique_ptr<user>> users;
  std::map<sim_host, sim_listener> listeners;
  auto listen = [&](sim_host host) {
    if (auto where = w.network.listen(host, 1000, [] {}))
      listeners.insert_or_assign(host, *where);
  };
  auto any = [&] { return hosts[random.below(hosts.size())]; };
  for (auto host : hosts)
    listen(host);
  for (int i = 0; i < 600; ++i) {
    w.run_for(random.between(0ms, 200ms));
    switch (random.below(12)) {
      case 0:
        w.network.dial(any(), {w.network.topology().ip_of(any()), 1000}, w.now,
                       [&](result<sim_socket> x) {
                         if (x)
                           users.push_back(
                               std::make_unique<user>(w.network, *x, w.now));
                       });
        break;
      case 1:
        for (const auto& [host, where] : listeners)
          if (auto socket = w.network.accept(where))
            users.push_back(std::make_unique<user>(w.network, *socket, w.now));
        break;
      case 2:
        if (random.chance(300))
          w.network.isolate({any()}, w.now);
        else
          w.network.heal(w.now);
        break;
      case 3:
        w.network.reset_all(any(), any(), w.now);
        break;
      case 4:
        if (auto host = any(); random.chance(300)) {
          w.network.crash(host, w.now);
        } else {
          w.network.restart(host, w.now);
          listen(host);
        }
        break;
      case 5:
        w.network.stall(any(), any(), random.between(0s, 5s), w.now);
        break;
      case 6:
        if (!users.empty() && random.chance(300)) {
          auto i = random.below(users.size());
          w.network.close(users[i]->socket, w.now);
          users.erase(users.begin() + static_cast<ptrdiff_t>(i));
        }
        break;
      default:
        if (!users.empty())
          users[random.below(users.size())]->say(
              std::string(1 + random.below(30'000), 'x'));
        break;
    }
  }
  for (const auto& [host, where] : listeners)
    w.network.close_listener(where, w.now);
  w.network.heal(w.now);
  // Dials that are still under way may yet connect.
  w.run_for(5min);
  for (auto& x : users)
    w.network.close(x->socket, w.now);
  users.clear();
  w.run_for(5min);
  // Whatever happened, nothing is left of it.
  CHECK(w.network.connections() == 0);
  CHECK_FALSE(w.network.next_event());
  CHECK(w.seen.count(kind::bytes_arrived) > 0);
  return w.seen.hash.value();
}

} // namespace

TEST_CASE("a run is a function of its seed, and leaves nothing behind") {
  std::map<uint64_t, uint64_t> seen;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const auto hash = random_run(seed);
    CHECK(hash == random_run(seed));
    CHECK(seen.emplace(hash, seed).second);
  }
}
