// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/network.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/probe.hpp"
#include "troupe/tests/harness/quic/sim_quic_transport_actor.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

/// A network whose nodes talk.
struct talking : network {
  explicit talking(uint64_t seed, size_t nodes = 3,
                   fidelity how = fidelity::messages)
    : network(seed, {.how = how}) {
    add_nodes(nodes);
    connect(full_mesh(nodes));
  }

  bool mesh() {
    start();
    return run_until([this] { return meshed(); }, 1min);
  }

  probe talk{*this};
};

uint64_t hash_of(uint64_t seed, fidelity how) {
  talking net{seed, 4, how};
  for (auto& [when, what] : draw_chaos(4, {.span = 20s}, net.system().random()))
    net.at(when, std::move(what));
  net.start();
  net.advance(30s);
  return net.system().trace().hash();
}

} // namespace

TEST_CASE("a network is a function of its seed") {
  for (auto how : {fidelity::messages, fidelity::mconn, fidelity::quic}) {
    if (how == fidelity::quic && !has_sim_quic())
      continue;
    CHECK(hash_of(1, how) == hash_of(1, how));
    CHECK(hash_of(1, how) != hash_of(2, how));
  }
}

TEST_CASE("nodes talk over QUIC, whatever happens to datagrams") {
  if (!has_sim_quic())
    return;
  talking net{1, 3, fidelity::quic};
  CHECK(net.address(0).starts_with("quic://"));
  net.apply(weather({.datagram_size_max = 1250,
                     .lose_per_mille = 50,
                     .late_per_mille = 100,
                     .double_per_mille = 50,
                     .garble_per_mille = 20,
                     .busy_per_mille = 50}));
  REQUIRE(net.mesh());
  CHECK(net.wires().connections() == 0);
  net.advance(1min);
  CHECK(net.meshed());
  const auto before = net.peers(0).downs();
  // Anybody can say that nobody is there.
  net.apply(reset(0, 1));
  net.advance(1min);
  CHECK(net.meshed());
  CHECK(net.peers(0).downs() == before);
  // When nothing comes any more, a new connection is made.
  net.apply(black_hole(0, 1));
  REQUIRE(net.run_until([&] { return net.peers(0).downs() > before; }, 2min));
  REQUIRE(net.run_until([&] { return net.meshed(); }, 2min));
  net.finish();
}

TEST_CASE("nodes run from their start to their end") {
  talking net{1};
  CHECK(net.size() == 3);
  CHECK_FALSE(net.is_running(0));
  CHECK(net.life(0) == 0);
  REQUIRE(net.mesh());
  CHECK(net.is_running(0));
  CHECK(net.life(0) == 1);
  CHECK(net.sees(0, 1));
  CHECK(net.number_of(net.id(2)) == 2);
  CHECK(net.peers(0).up().size() == 2);
  CHECK(net.system().running(sim_party{0}) > 0);
  net.finish();
  CHECK_FALSE(net.is_running(0));
  CHECK(net.system().leftovers().empty());
}

TEST_CASE("a stopped node says good-bye, and others notice at once") {
  talking net{1};
  REQUIRE(net.mesh());
  net.stop(0);
  CHECK(net.is_running(0));
  REQUIRE(net.run_until([&] { return !net.is_running(0); }, 10s));
  CHECK(net.run_until([&] { return !net.sees(1, 0) && !net.sees(2, 0); }, 1s));
  CHECK(net.sees(1, 2));
  CHECK_FALSE(net.meshed());
}

TEST_CASE("a node that is to start while it stops starts when it has") {
  talking net{1};
  REQUIRE(net.mesh());
  net.stop(0);
  net.start(0);
  CHECK(net.life(0) == 1);
  CHECK(net.run_until([&] { return net.life(0) == 2 && net.meshed(); }, 1min));
}

TEST_CASE("a crash ends a node at this very instant") {
  talking net{1};
  REQUIRE(net.mesh());
  auto before = net.now();
  auto others = net.system().running(sim_party{1});
  net.crash(0);
  CHECK(net.now() == before);
  CHECK_FALSE(net.is_running(0));
  CHECK(net.system().running(sim_party{0}) == 0);
  CHECK(net.system().running(sim_party{1}) == others);
  // Nobody has told the others.
  CHECK(net.sees(1, 0));
  CHECK_FALSE(net.wires().is_up(net.host(0)));
}

TEST_CASE("a crashed node starts again as somebody new") {
  talking net{1};
  REQUIRE(net.mesh());
  net.crash(0);
  net.advance(1s);
  net.start(0);
  CHECK(net.life(0) == 2);
  CHECK(net.peers(0).up().empty());
  CHECK(net.run_until([&] { return net.meshed(); }, 2min));
  net.finish();
}

TEST_CASE("what is told twice is done once") {
  talking net{1};
  REQUIRE(net.mesh());
  net.start(0);
  CHECK(net.life(0) == 1);
  net.crash(0);
  net.crash(0);
  net.stop(0);
  CHECK(net.life(0) == 1);
}

TEST_CASE("faults come at their time and are in the trace") {
  talking net{1};
  REQUIRE(net.mesh());
  net.at(5s, crash(2));
  net.advance(4s);
  CHECK(net.is_running(2));
  net.advance(2s);
  CHECK_FALSE(net.is_running(2));
  net.apply(start(2));
  CHECK(net.is_running(2));
  CHECK(net.system().trace().tail().find("start 2") != std::string::npos);
}

TEST_CASE("links can be changed and restored") {
  talking net{1, 2};
  sim_link_options slow;
  slow.latency = sim_latency::fixed(1s);
  net.relink(0, 1, slow);
  net.start();
  CHECK_FALSE(net.run_until([&] { return net.meshed(); }, 2s));
  net.restore_links();
  CHECK(net.run_until([&] { return net.meshed(); }, 1min));
}

TEST_CASE("a node that is known by name is found however its name fares") {
  using kind = node_event::kind;
  network net{1, {.how = fidelity::messages}};
  net.add_nodes(2).know_by_name(1).connect({{0, 1}});
  net.add_reactor([](caf::actor_system& sys, const node& home, size_t) {
    sys.spawn([home](caf::event_based_actor* self) -> caf::behavior {
      home.open_channel<echo::EchoMessage>(self, {.id = 0x70});
      return {[](const inbound_envelope&) {}};
    });
  });
  // Node 1 does not dial.
  net.options(1).persistent_peers.clear();
  CHECK(net.address(0).find("@10.0.0.1:") != std::string::npos);
  CHECK(net.address(1).find("@node-1:") != std::string::npos);
  auto failures = [&net](errc code) {
    size_t result = 0;
    for (const auto& event : net.events(0))
      result += event.what == kind::dial_failed && event.code == code ? 1 : 0;
    return result;
  };
  auto up_within = [&net](duration limit) {
    return net.run_until([&net] { return net.meshed(); }, limit);
  };
  SUBCASE("slow, but fast enough") {
    net.apply(slow_name(1, 4s));
    net.start();
    CHECK_FALSE(up_within(3900ms));
    CHECK(up_within(1s));
  }
  SUBCASE("too slow") {
    net.apply(slow_name(1, 6s));
    net.start();
    CHECK_FALSE(up_within(20s));
    CHECK(failures(errc::timeout) > 1);
  }
  SUBCASE("lost") {
    net.apply(lost_name(1));
    net.start();
    CHECK_FALSE(up_within(20s));
    CHECK(failures(errc::unknown_host) > 1);
  }
  SUBCASE("silent") {
    net.apply(silent_name(1));
    net.start();
    CHECK_FALSE(up_within(20s));
    CHECK(failures(errc::timeout) > 1);
  }
  SUBCASE("stale: one address after the other") {
    net.apply(stale_name(1, 2));
    net.start();
    // Each has a quarter of a second before the next one is tried as well.
    CHECK_FALSE(up_within(450ms));
    CHECK(up_within(1s));
    CHECK(failures(errc::timeout) == 0);
  }
  net.apply(restore_name(1));
  CHECK(up_within(1min));
  net.finish();
}

TEST_CASE("calm undoes all faults") {
  talking net{1};
  REQUIRE(net.mesh());
  net.apply(isolate({0}));
  net.apply(crash(1));
  net.advance(2min);
  CHECK_FALSE(net.meshed());
  net.apply(calm());
  CHECK(net.run_until([&] { return net.meshed(); }, 10min));
  net.finish();
}

TEST_CASE("an actor that outlives its node is found") {
  talking net{1, 2};
  caf::actor leaked;
  net.add_reactor([&leaked](caf::actor_system& sys, const node&, size_t) {
    leaked = sys.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](caf::tick_atom) {}};
    });
  });
  REQUIRE(net.mesh());
  CHECK_THROWS_AS(net.finish(), sim_failure);
}

TEST_CASE("probes talk, and their messages arrive") {
  talking net{1};
  REQUIRE(net.mesh());
  net.advance(1min);
  CHECK(net.talk.ledger().count_sent() > 300);
  net.talk.rest();
  net.advance(10s);
  net.talk.audit();
  // The first ones may have met a connection that lost against another.
  CHECK(net.talk.ledger().count_arrived() > 300);
  CHECK(net.talk.reports() == 0);
}
