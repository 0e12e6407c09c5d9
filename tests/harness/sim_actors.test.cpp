// SPDX-License-Identifier: Apache-2.0
//
// The actors over the simulated network under faults. What all transports do
// is in transport/transport_conformance.test.cpp.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/tests/harness/fnv_hash.hpp"
#include "troupe/tests/harness/sim_driver.hpp"
#include "troupe/tests/harness/sim_resolver_actor.hpp"
#include "troupe/tests/harness/sim_stream_actor.hpp"
#include "troupe/tests/harness/sim_transport_actor.hpp"
#include "troupe/tests/transport/sim_config.hpp"
#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/transport/dns/name_service.hpp"

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

TEST_CASE_TEMPLATE("limits by address hold in a simulation, too", Mode, MODES) {
  two_hosts<Mode> world;
  world.b.self
      ->request(world.b.transport, patience, limits_atom_v,
                inbound_limits{.max_per_ip = 1})
      .receive([] {}, [](const caf::error& e) { FAIL(to_string(e)); });
  auto pair = connect(world.a, world.b, world.address);
  auto next = world.b.accept();
  // It is accepted by the kernel before anybody can turn it away.
  auto second = world.a.dial(world.address).get();
  CHECK(second->wait_for_end() == errc::connection_closed);
  pair.near->close();
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  auto third = world.a.dial(world.address).get();
  REQUIRE(next.get());
}

TEST_CASE("a remote that does not read is given up 30 s after it took the "
          "last byte") {
  two_hosts<streams> world;
  auto pair = world.established();
  size_t posted = 0;
  auto last = world.now();
  // The other end's reader never gives anything back.
  do {
    if (pair.near->sent() == posted)
      last = world.now();
    while (posted < pair.near->sent() + 4 * message_cost(50'000)) {
      pair.near->post(bulk, patterned(50'000));
      posted += message_cost(50'000);
    }
  } while (pair.near->arrives_within(10s));
  REQUIRE_FALSE(pair.near->ended());
  CHECK_FALSE(pair.near->arrives_within(19s));
  CHECK(pair.near->wait_for_end() == errc::timeout);
  CHECK(world.now() >= last + 30s);
  CHECK(world.now() <= last + 31s);
}

TEST_CASE("what is sent to a byte stream whose remote hung up in the middle of "
          "a burst goes nowhere") {
  system_base world;
  const auto at_once = sim_link_options{.latency = sim_latency::fixed({})};
  world.network->set_default_link(at_once);
  auto now = [&world] { return world.now(); };
  auto listener = *world.network->listen(world.two, 1, [] {});
  std::optional<sim_socket> remote;
  world.network->dial(world.one, listener.address, now(),
                      [&](auto socket) { remote = *socket; });
  world.network->run(now());
  auto stream = spawn_sim_stream(world.sys, world.network,
                                 *world.network->accept(listener))
                    .actor;
  patient_actor self{world.sys};
  self->monitor(stream);
  self->send(stream, attach_atom_v, size_t{0});
  self->send(stream, credit_atom_v, read_size_max);
  const auto burst = patterned(1024 * 1024);
  self->send(stream, send_atom_v, raw_bytes(burst.begin(), burst.end()));
  self->receive(caf::after(100ms) >> [] {});
  bytes received;
  auto take = [&](size_t size) {
    auto some = world.network->read(*remote, size, now()).data;
    received.insert(received.end(), some.begin(), some.end());
    world.network->run(now());
    return some.size();
  };
  CHECK(take(1000) == 1000);
  // It hears of the end when this is in its mailbox.
  self->send(stream, send_atom_v, raw_bytes(10));
  world.network->finish(*remote, now());
  world.network->run(now());
  self->receive([](const caf::down_msg& msg) {
    CHECK(test::code_of(msg.reason) == errc::connection_closed);
  });
  while (take(100'000) > 0)
    ;
  CHECK(received.size() < burst.size());
  CHECK(std::equal(received.begin(), received.end(), burst.begin()));
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
