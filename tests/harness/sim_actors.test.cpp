// SPDX-License-Identifier: Apache-2.0
//
// The actors over the simulated network under faults. What all transports do
// is in transport/transport_conformance.test.cpp.
#include <memory>
#include <string>
#include <vector>

#include "troupe/tests/harness/fnv_hash.hpp"
#include "troupe/tests/harness/sim_driver.hpp"
#include "troupe/tests/harness/sim_resolver_actor.hpp"
#include "troupe/tests/harness/sim_transport_actor.hpp"
#include "troupe/tests/transport/sim_config.hpp"
#include "troupe/tests/transport/transport_world.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;

namespace {

struct streams {
  static transport_actor spawn(caf::actor_system& sys,
                               std::shared_ptr<sim_network> network,
                               sim_host host, int number) {
    auto options = mconn_options_of(number);
    options->random
        = std::make_shared<sim_random>(static_cast<uint64_t>(number));
    return spawn_sim_transport(sys, std::move(network), host, options);
  }
};

struct messages {
  static transport_actor spawn(caf::actor_system& sys,
                               std::shared_ptr<sim_network> network,
                               sim_host host, int number) {
    return spawn_sim_message_transport(sys, std::move(network), host,
                                       key_of(number).id());
  }
};

struct hasher : sim_observer {
  void note(const sim_event& x) override {
    hash.add(static_cast<uint64_t>(x.when.time_since_epoch().count()))
        .add(to_string(x.what))
        .add(x.subject)
        .add(uint64_t{x.size})
        .add(x.hash);
  }

  fnv_hash hash;
};

/// An actor system that leaves nothing running.
struct system_base {
  explicit system_base(uint64_t seed = 1)
    : config(seed),
      network(std::make_shared<sim_network>(seed)) {
    sys.await_actors_before_shutdown(false);
    network->set_observer(&seen);
  }

  ~system_base() {
    network->set_observer(nullptr);
  }

  time_point now() {
    return sys.clock().now();
  }

  sim_config config;
  std::unique_ptr<caf::actor_system> owned = config.make_system();
  caf::actor_system& sys = *owned;
  hasher seen;
  std::shared_ptr<sim_network> network;
  sim_driver driver{sys, network};
  sim_host one = network->add_host("one");
  sim_host two = network->add_host("two");
};

/// Two nodes, of which the second listens.
template <class Mode>
struct two_hosts : system_base {
  explicit two_hosts(uint64_t seed = 1) : system_base(seed) {
    auto found = b.listen({.protocol = std::string{mconn_protocol},
                           .ip = ip_address::v4(0, 0, 0, 0),
                           .port = 0});
    REQUIRE(found);
    address = *found;
  }

  connection_pair established() {
    return test::establish(a, b, address);
  }

  node_end a{sys, 1, Mode::spawn(sys, network, one, 1)};
  node_end b{sys, 2, Mode::spawn(sys, network, two, 2)};
  endpoint address;
};

} // namespace

#define MODES streams, messages

TEST_CASE_TEMPLATE("a transport listens at the address of its host", Mode,
                   MODES) {
  two_hosts<Mode> world;
  CHECK(world.address.ip == ip_address::v4(10, 0, 0, 2));
  CHECK(world.address.port != 0);
  auto elsewhere = world.address;
  CHECK_FALSE(world.a.listen(elsewhere));
  CHECK(world.a.error == errc::cannot_listen);
}

TEST_CASE_TEMPLATE("a dial into a black hole ends with its time", Mode, MODES) {
  two_hosts<Mode> world;
  world.network->isolate({world.one}, world.now());
  const auto start = world.now();
  CHECK(world.a.dial(world.address, 5s).error() == errc::timeout);
  CHECK(world.now() - start == 5s);
}

TEST_CASE_TEMPLATE("a dial that the link refuses fails", Mode, MODES) {
  two_hosts<Mode> world;
  world.network->set_link(world.one, world.two, {.refuse_per_mille = 1000});
  CHECK(world.a.dial(world.address).error() == errc::connection_refused);
}

TEST_CASE_TEMPLATE("a partition that heals costs a connection time alone", Mode,
                   MODES) {
  two_hosts<Mode> world;
  auto pair = world.established();
  pair.round_trip();
  world.network->isolate({world.two}, world.now());
  pair.near->post(talk, patterned(1000));
  while (pair.far->arrives_within(5s))
    ;
  CHECK(pair.far->inbox.empty());
  CHECK_FALSE(pair.far->ended());
  world.network->heal(world.now());
  CHECK(pair.far->next().body == patterned(1000));
  pair.round_trip();
}

TEST_CASE_TEMPLATE("a partition that lasts ends a connection", Mode, MODES) {
  two_hosts<Mode> world;
  auto pair = world.established();
  pair.round_trip();
  world.network->isolate({world.two}, world.now());
  pair.near->post(talk, patterned(1000));
  while (!pair.near->ended() && pair.near->arrives_within(2min))
    ;
  REQUIRE(pair.near->ended());
}

TEST_CASE_TEMPLATE("a reset ends both ends", Mode, MODES) {
  two_hosts<Mode> world;
  auto pair = world.established();
  pair.round_trip();
  CHECK(world.network->reset_all(world.one, world.two, world.now()) == 1);
  CHECK(pair.near->wait_for_end() == errc::connection_closed);
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  CHECK(world.network->connections() == 0);
  world.established().round_trip();
}

TEST_CASE_TEMPLATE("a crash ends the host's own connections, and the remote's "
                   "when it hears of the restart",
                   Mode, MODES) {
  two_hosts<Mode> world;
  auto pair = world.established();
  pair.round_trip();
  world.network->crash(world.two, world.now());
  CHECK(pair.far->wait_for_end() == errc::shutting_down);
  while (pair.near->arrives_within(1s))
    ;
  CHECK_FALSE(pair.near->ended());
  CHECK(world.a.dial(world.address).error() == errc::connection_refused);
  world.network->restart(world.two, world.now());
  pair.near->post(talk, patterned(10));
  CHECK(pair.near->wait_for_end() == errc::connection_closed);
}

TEST_CASE("the same seed gives the same bytes at the same times") {
  auto run = [](uint64_t seed) {
    two_hosts<streams> world{seed};
    auto pair = world.established();
    for (size_t i = 0; i < 20; ++i)
      pair.round_trip(i * 1000);
    return world.seen.hash.value();
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}

TEST_CASE("a resolver knows hosts, and what else the table says") {
  system_base world;
  auto resolver = spawn_sim_resolver(world.sys, world.network, world.one);
  patient_actor self{world.sys};
  using addresses = std::vector<ip_address>;
  auto look_up = [&](const std::string& host) {
    addresses result;
    self->request(resolver, 30s, caf::resolve_atom_v, host)
        .receive([&](const addresses& xs) { result = xs; },
                 [](const caf::error& e) {
                   CHECK(test::code_of(e) == errc::unknown_host);
                 });
    return result;
  };
  CHECK(look_up("two") == addresses{ip_address::v4(10, 0, 0, 2)});
  CHECK(look_up("1.2.3.4") == addresses{ip_address::v4(1, 2, 3, 4)});
  CHECK(look_up("three").empty());
  world.network->dns().set("many", {.addresses = addresses(100, ip_address{})});
  CHECK(look_up("many").size() == addresses_max);
  world.network->dns().set("mute", {.with = sim_dns_entry::mood::ignore});
  const auto start = world.now();
  CHECK(look_up("mute").empty());
  CHECK(world.now() - start == sim_dns::give_up);
}
