// SPDX-License-Identifier: Apache-2.0
//
// Datagrams of the simulated network.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/tests/harness/sim_network.test.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;

using kind = sim_event::kind;

namespace {

/// Remembers what comes to a port, which is closed with it.
struct port_user : sim_port_owner {
  explicit port_user(sim_network& net) : network(net) {}

  ~port_user() override {
    if (port)
      network.close(*port);
  }

  void on_datagram(const sim_address& from, bytes data) override {
    sender = from;
    got.push_back(std::move(data));
  }

  void on_refused() override {
    ++refusals;
  }

  void on_writable() override {
    ++writables;
  }

  sim_network& network;
  std::optional<sim_port> port;
  sim_address sender;
  std::vector<bytes> got;
  size_t refusals = 0;
  size_t writables = 0;
};

/// Two hosts: one dials a port of the other.
struct datagram_world {
  explicit datagram_world(sim_link_options link = even(), uint64_t seed = 1)
    : network(seed, {.link = link}) {
    network.set_observer(&seen);
    auto opened = network.open_port(b, 1000, &far);
    REQUIRE(opened);
    far.port = *opened;
    where = *network.address_of(*opened);
    near.port = network.dial_port(a, where, now, &near);
  }

  ~datagram_world() {
    network.set_observer(nullptr);
  }

  static sim_link_options even() {
    return {.latency = sim_latency::fixed(10ms)};
  }

  void run_for(duration span) {
    const auto end = now + span;
    while (auto next = network.next_event()) {
      if (*next > end)
        break;
      now = std::max(now, *next);
      network.run(now);
    }
    now = end;
  }

  /// Sends numbered datagrams, a millisecond apart.
  void send_many(size_t count, size_t size = 100) {
    for (size_t i = 0; i < count; ++i, run_for(1ms)) {
      auto data = bytes(size);
      data[0] = static_cast<std::byte>(i);
      data[1] = static_cast<std::byte>(i >> 8);
      REQUIRE(network.send(*near.port, where, data, now));
    }
    run_for(10s);
  }

  std::vector<size_t> numbers() const {
    std::vector<size_t> result;
    for (const auto& data : far.got)
      result.push_back(static_cast<size_t>(data[0])
                       | static_cast<size_t>(data[1]) << 8);
    return result;
  }

  time_point now{1h};
  sim_network network;
  sim_recorder seen;
  sim_host a = network.add_host("a");
  sim_host b = network.add_host("b");
  port_user near{network};
  port_user far{network};
  sim_address where;
};

/// Some of a thousand came, and that is what was asked for, more or less.
void check_share(size_t found, size_t of, size_t per_mille) {
  CAPTURE(found);
  CAPTURE(of);
  CHECK(found > of * per_mille / 2000);
  CHECK(found < of * per_mille / 500);
}

} // namespace

TEST_CASE("datagrams come as they are, in order, and can be answered") {
  datagram_world w;
  w.send_many(50);
  REQUIRE(w.far.got.size() == 50);
  CHECK(std::ranges::is_sorted(w.numbers()));
  CHECK(w.far.sender == w.network.address_of(*w.near.port));
  CHECK(w.far.sender.ip == ip_address::v4(10, 0, 0, 1));
  CHECK(w.network.send(*w.far.port, w.far.sender, text("answer"), w.now));
  w.run_for(10ms - 1ns);
  CHECK(w.near.got.empty());
  w.run_for(1ns);
  REQUIRE(w.near.got.size() == 1);
  CHECK(w.near.got[0] == text("answer"));
  CHECK(w.near.sender == w.where);
  CHECK(w.seen.count(kind::datagram_arrived) == 51);
  // As for a connection, it tells of the attempt.
  CHECK(w.seen.count(kind::dial_tried) == 1);
}

TEST_CASE("some datagrams get lost") {
  auto link = datagram_world::even();
  link.lose_per_mille = 200;
  datagram_world w{link};
  w.send_many(1000);
  check_share(1000 - w.far.got.size(), 1000, 200);
  CHECK(w.seen.count(kind::datagram_lost) == 1000 - w.far.got.size());
  CHECK(std::ranges::is_sorted(w.numbers()));
}

TEST_CASE("some datagrams come behind others that were sent later") {
  auto link = datagram_world::even();
  link.late_per_mille = 200;
  datagram_world w{link};
  w.send_many(1000);
  auto found = w.numbers();
  REQUIRE(found.size() == 1000);
  size_t late = 0;
  for (size_t i = 1; i < found.size(); ++i)
    late += found[i] < found[i - 1] ? 1 : 0;
  CHECK(late > 50);
  std::ranges::sort(found);
  CHECK(std::ranges::adjacent_find(found) == found.end());
}

TEST_CASE("whatever the latency, nothing is overtaken unless it is late") {
  datagram_world w{{.latency = sim_latency::uniform(10ms, 500ms)}};
  w.send_many(300);
  REQUIRE(w.far.got.size() == 300);
  CHECK(std::ranges::is_sorted(w.numbers()));
}

TEST_CASE("some datagrams come twice") {
  auto link = datagram_world::even();
  link.double_per_mille = 200;
  datagram_world w{link};
  w.send_many(1000);
  const auto found = w.numbers();
  check_share(found.size() - 1000, 1000, 200);
  CHECK(std::set<size_t>{found.begin(), found.end()}.size() == 1000);
}

TEST_CASE("some datagrams come with bits turned over") {
  auto link = datagram_world::even();
  link.garble_per_mille = 200;
  datagram_world w{link};
  w.send_many(1000);
  REQUIRE(w.far.got.size() == 1000);
  size_t garbled = 0;
  for (const auto& data : w.far.got)
    if (std::any_of(data.begin() + 2, data.end(),
                    [](std::byte x) { return x != std::byte{0}; }))
      ++garbled;
  check_share(garbled, 1000, 200);
}

TEST_CASE("what is larger than the path takes gets lost") {
  auto link = datagram_world::even();
  link.datagram_size_max = 1300;
  datagram_world w{link};
  for (auto size : {1200, 1300, 1301, 1400})
    CHECK(w.network.send(*w.near.port, w.where,
                         bytes(static_cast<size_t>(size)), w.now));
  w.run_for(1s);
  REQUIRE(w.far.got.size() == 2);
  CHECK(w.far.got[1].size() == 1300);
}

TEST_CASE("a slow link has a queue, which is not endless") {
  auto link = datagram_world::even();
  link.bandwidth = 100'000;
  datagram_world w{link};
  const auto start = w.now;
  for (auto i = 0; i < 100; ++i)
    CHECK(w.network.send(*w.near.port, w.where, bytes(1000), w.now));
  w.run_for(10s);
  // Half a second's worth.
  CHECK(w.far.got.size() >= 50);
  CHECK(w.far.got.size() <= 52);
  CHECK(w.seen.events.back().when == start + w.far.got.size() * 10ms + 10ms);
}

TEST_CASE("a busy system takes datagrams a little later") {
  auto link = datagram_world::even();
  link.busy_per_mille = 1000;
  datagram_world w{link};
  CHECK_FALSE(w.network.send(*w.near.port, w.where, text("now"), w.now));
  CHECK_FALSE(w.network.send(*w.near.port, w.where, text("now"), w.now));
  CHECK(w.near.writables == 0);
  w.run_for(10ms);
  CHECK(w.near.writables == 1);
  w.network.set_link(w.a, w.b, datagram_world::even());
  CHECK(w.network.send(*w.near.port, w.where, text("then"), w.now));
  w.run_for(1s);
  REQUIRE(w.far.got.size() == 1);
  CHECK(w.far.got[0] == text("then"));
}

TEST_CASE("where nobody takes datagrams, those hear of it that dialed") {
  datagram_world w;
  const auto nowhere = sim_address{w.where.ip, 2000};
  port_user other{w.network};
  other.port = w.network.dial_port(w.a, nowhere, w.now, &other);
  w.network.send(*other.port, nowhere, text("hello"), w.now);
  // Who takes those of everybody cannot know whom it is about.
  w.network.send(*w.far.port, {w.network.topology().ip_of(w.a), 1},
                 text("hello"), w.now);
  w.run_for(19ms);
  CHECK(other.refusals == 0);
  w.run_for(1ms);
  CHECK(other.refusals == 1);
  CHECK(w.far.refusals == 0);
  CHECK(w.seen.count(kind::datagram_refused) == 2);
}

TEST_CASE("a port for one remote takes nothing of others") {
  datagram_world w;
  port_user other{w.network};
  auto opened = w.network.open_port(w.b, 0, &other);
  REQUIRE(opened);
  other.port = *opened;
  const auto near = *w.network.address_of(*w.near.port);
  CHECK(w.network.send(*other.port, near, text("who?"), w.now));
  w.run_for(1s);
  CHECK(w.near.got.empty());
}

TEST_CASE("ports are taken once, and free when they are closed") {
  datagram_world w;
  port_user other{w.network};
  CHECK(w.network.open_port(w.b, 1000, &other).code() == errc::cannot_listen);
  CHECK(w.network.ports() == 2);
  CHECK(w.network.dialed_ports() == 1);
  w.network.close(*std::exchange(w.far.port, std::nullopt));
  CHECK(w.network.ports() == 1);
  auto opened = w.network.open_port(w.b, 1000, &other);
  REQUIRE(opened);
  other.port = *opened;
  // Streams have ports of their own.
  CHECK(w.network.listen(w.b, 1000, [] {}));
}

TEST_CASE("walls, stalls and crashes are there for datagrams as well") {
  datagram_world w;
  SUBCASE("a wall loses them") {
    w.network.isolate({w.a}, w.now);
    w.send_many(3);
    CHECK(w.far.got.empty());
    w.network.heal(w.now);
    w.send_many(3);
    CHECK(w.far.got.size() == 3);
  }
  SUBCASE("a stall delays them") {
    w.network.stall(w.a, w.b, 5s, w.now);
    REQUIRE(w.network.send(*w.near.port, w.where, text("late"), w.now));
    w.run_for(5s - 1ns);
    CHECK(w.far.got.empty());
    w.run_for(1ns);
    CHECK(w.far.got.size() == 1);
  }
  SUBCASE("a crash closes ports") {
    REQUIRE(w.network.send(*w.near.port, w.where, text("under way"), w.now));
    w.network.crash(w.b, w.now);
    CHECK_FALSE(w.network.address_of(*w.far.port));
    w.run_for(1s);
    CHECK(w.far.got.empty());
    // Somebody answers for a host that is off.
    CHECK(w.near.refusals == 1);
    w.network.restart(w.b, w.now);
    auto opened = w.network.open_port(w.b, 1000, &w.far);
    REQUIRE(opened);
    w.far.port = *opened;
    w.send_many(1);
    CHECK(w.far.got.size() == 1);
  }
  SUBCASE("a black hole takes those of a port, and no others") {
    CHECK(w.network.forget_all(w.a, w.b, w.now) == 1);
    w.send_many(3);
    CHECK(w.far.got.empty());
    const auto near = *w.network.address_of(*w.near.port);
    REQUIRE(w.network.send(*w.far.port, near, text("back"), w.now));
    w.run_for(1s);
    CHECK(w.near.got.empty());
    port_user other{w.network};
    other.port = w.network.dial_port(w.a, w.where, w.now, &other);
    REQUIRE(w.network.send(*other.port, w.where, text("new"), w.now));
    w.run_for(1s);
    CHECK(w.far.got.size() == 1);
  }
  SUBCASE("a reset is a rumour") {
    CHECK(w.network.reset_all(w.b, w.a, w.now) == 1);
    CHECK(w.near.refusals == 1);
    w.send_many(1);
    CHECK(w.far.got.size() == 1);
  }
}

TEST_CASE("datagrams are a function of the seed") {
  auto play = [](uint64_t seed) {
    datagram_world w{{.lose_per_mille = 100,
                      .late_per_mille = 100,
                      .double_per_mille = 100,
                      .garble_per_mille = 100},
                     seed};
    w.send_many(200);
    return w.seen.hash.value();
  };
  CHECK(play(1) == play(1));
  CHECK(play(1) != play(2));
}
