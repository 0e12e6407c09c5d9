// SPDX-License-Identifier: Apache-2.0
//
// What every transport does, whatever it is made of: the scenarios TR-01 to
// TR-14 of the peer life-cycle reference, run for TCP over IPv4 and IPv6, for
// memory, and for the transports of the harness in virtual time. Those that are
// about TCP alone (TR-04, TR-15 to TR-17, MC-03 to MC-07) are in
// mconn_transport.test.cpp and mconn_hostile.test.cpp.
//
// Left out, because there is nothing here that could do it: MC-02 (a connection
// has no status to ask for; what waits is the peer sender's to know), MC-08
// (there is no blocking send; `send_queue` has the refusal of a full queue),
// and of TR-06 and TR-11 the cancelled context (an attempt is bounded in time,
// and ends when whoever asked for the handshake ends).
#include "troupe/tests/harness/sim_driver.hpp"
#include "troupe/tests/harness/sim_transport_actor.hpp"
#include "troupe/tests/transport/transport_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace troupe::testing;

struct tcp_over_ipv4 {
  using config = world_config;

  transport_actor spawn(caf::actor_system& sys, int number) {
    return spawn_mconn_transport(sys, mconn_options_of(number));
  }

  endpoint where(const node_id&) const {
    return loopback4();
  }

  static bool speaks(const std::string& protocol) {
    return protocol == mconn_protocol || protocol == tcp_protocol;
  }
};

struct tcp_over_ipv6 : tcp_over_ipv4 {
  endpoint where(const node_id&) const {
    return loopback6();
  }
};

struct memory {
  using config = world_config;

  transport_actor spawn(caf::actor_system& sys, int number) {
    return spawn_memory_transport(sys, key_of(number).id(), network);
  }

  endpoint where(const node_id& id) const {
    return {.protocol = memory_protocol, .path = to_string(id)};
  }

  static bool speaks(const std::string& protocol) {
    return protocol == memory_protocol;
  }

  std::shared_ptr<memory_network> network = std::make_shared<memory_network>();
};

/// One thread, and time that passes when there is nothing else to do.
struct sim_config : caf::actor_system_config {
  sim_config() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::core::init_global_meta_objects();
    set("caf.scheduler.policy", "testing");
  }
};

/// What the kinds over the simulated network share.
struct simulated {
  using config = sim_config;

  simulated() = default;

  simulated(const simulated&) = delete;

  simulated& operator=(const simulated&) = delete;

  ~simulated() {
    if (!sys)
      return;
    // CAF would wait for actors that nobody runs.
    auto& scheduler = sys->scheduler();
    dynamic_cast<caf::scheduler::test_coordinator&>(scheduler).run();
  }

  sim_host add(caf::actor_system& system, int number) {
    if (!driver) {
      sys = &system;
      sys->await_actors_before_shutdown(false);
      driver = std::make_unique<sim_driver>(system, network);
    }
    auto host = network->add_host("host" + std::to_string(number));
    hosts.emplace(key_of(number).id(), host);
    return host;
  }

  endpoint where(const node_id& id) const {
    return {.protocol = std::string{mconn_protocol},
            .ip = network->topology().ip_of(hosts.at(id)),
            .port = 0};
  }

  static bool speaks(const std::string& protocol) {
    return tcp_over_ipv4::speaks(protocol);
  }

  caf::actor_system* sys = nullptr;
  std::shared_ptr<sim_network> network = std::make_shared<sim_network>(1);
  std::unique_ptr<sim_driver> driver;
  std::map<node_id, sim_host> hosts;
};

struct sim_streams : simulated {
  transport_actor spawn(caf::actor_system& sys, int number) {
    auto options = mconn_options_of(number);
    options->random
        = std::make_shared<sim_random>(static_cast<uint64_t>(number));
    return spawn_sim_transport(sys, network, add(sys, number), options);
  }
};

struct sim_messages : simulated {
  transport_actor spawn(caf::actor_system& sys, int number) {
    return spawn_sim_message_transport(sys, network, add(sys, number),
                                       key_of(number).id());
  }
};

/// Found by ID instead of by address.
struct sim_messages_by_id : sim_messages {
  endpoint where(const node_id& id) const {
    return {.protocol = memory_protocol, .path = to_string(id)};
  }

  static bool speaks(const std::string& protocol) {
    return memory::speaks(protocol);
  }
};

/// Two nodes, of which the second listens.
template <class Kind>
struct two_nodes {
  two_nodes() {
    auto found = b.listen(kind.where(b.key.id()));
    REQUIRE(found);
    address = *found;
  }

  connection_pair connected() {
    return test::connect(a, b, address);
  }

  connection_pair established() {
    return test::establish(a, b, address);
  }

  typename Kind::config config;
  caf::actor_system sys{config};
  Kind kind;
  node_end a{sys, 1, kind.spawn(sys, 1)};
  node_end b{sys, 2, kind.spawn(sys, 2)};
  endpoint address;
};

} // namespace

#define KINDS \
  tcp_over_ipv4, tcp_over_ipv6, memory, sim_streams, sim_messages, \
      sim_messages_by_id

TEST_CASE_TEMPLATE("TR-01: closing ends an accept that waits, and later ones",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto waiting = world.b.accept();
  world.b.close();
  CHECK(waiting.error() == errc::shutting_down);
  CHECK(world.b.accept().error() == errc::shutting_down);
  world.b.close();
  CHECK(world.b.accept().error() == errc::shutting_down);
}

TEST_CASE_TEMPLATE("TR-02: a transport can dial itself", Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = test::connect(world.b, world.b, world.address);
  // That it is nobody else comes out as soon as they introduce themselves.
  auto near = pair.near->ask_handshake(world.b.info);
  auto far = pair.far->ask_handshake(world.b.info);
  auto check = [](const caf::error& e) {
    auto code = code_of(e);
    // The other end may have hung up first.
    CHECK((code == errc::self_connection || code == errc::connection_closed));
  };
  auto fail = [](const handshake_result&) { FAIL("talks to itself"); };
  near.receive(fail, check);
  far.receive(fail, check);
}

TEST_CASE_TEMPLATE("TR-03: dialing an endpoint of no or another protocol fails",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  CHECK(world.a.dial({}).error() == errc::unsupported_protocol);
  auto nameless = world.address;
  nameless.protocol.clear();
  CHECK(world.a.dial(nameless).error() == errc::unsupported_protocol);
  auto foreign = world.address;
  foreign.protocol = "foo";
  CHECK(world.a.dial(foreign).error() == errc::unsupported_protocol);
}

TEST_CASE_TEMPLATE("TR-06: dialing a closed transport fails", Kind, KINDS) {
  two_nodes<Kind> world;
  world.b.close();
  CHECK(world.a.dial(world.address).error() == errc::connection_refused);
}

TEST_CASE_TEMPLATE("TR-07: a closed transport still dials", Kind, KINDS) {
  two_nodes<Kind> world;
  REQUIRE(world.a.listen(world.kind.where(world.a.key.id())));
  world.a.close();
  world.established().round_trip();
}

TEST_CASE_TEMPLATE("TR-08: endpoints are valid, of their own, and end with it",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  CHECK(world.a.endpoints().empty());
  REQUIRE(world.a.listen(world.kind.where(world.a.key.id())));
  auto ours = world.a.endpoints();
  auto theirs = world.b.endpoints();
  REQUIRE(ours.size() == 1);
  REQUIRE(theirs.size() == 1);
  CHECK(validate(ours[0]).code == errc::none);
  CHECK(theirs[0] == world.address);
  CHECK(ours[0] != theirs[0]);
  world.a.close();
  CHECK(world.a.endpoints().empty());
  CHECK(world.b.endpoints() == theirs);
}

TEST_CASE_TEMPLATE("TR-09: an endpoint's protocol is one the transport speaks",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  CHECK(Kind::speaks(world.address.protocol));
}

TEST_CASE_TEMPLATE("TR-10: a handshake tells each side about the other", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, world.b.key.id());
  auto far = pair.far->ask_handshake(world.b.info, world.a.key.id());
  auto fail = [](const caf::error& e) { FAIL(to_string(e)); };
  near.receive(
      [&](const handshake_result& x) {
        CHECK(x.id == world.b.key.id());
        CHECK(x.info == world.b.info);
        CHECK(x.ends.remote == world.address);
      },
      fail);
  far.receive(
      [&](const handshake_result& x) {
        CHECK(x.id == world.a.key.id());
        CHECK(x.info == world.a.info);
        CHECK(x.ends.local == world.address);
      },
      fail);
}

TEST_CASE_TEMPLATE("TR-10: a handshake refuses whom we did not mean", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, key_of(3).id());
  auto far = pair.far->ask_handshake(world.b.info);
  near.receive(
      [](const handshake_result&) { FAIL("mistaken"); },
      [](const caf::error& e) { CHECK(code_of(e) == errc::unexpected_peer); });
  CHECK(pair.near->wait_for_end() == errc::unexpected_peer);
  // The other side has no complaint, and may even have finished.
  far.receive([](const handshake_result&) {},
              [](const caf::error& e) {
                CHECK(code_of(e) == errc::connection_closed);
              });
}

TEST_CASE_TEMPLATE("TR-10: a handshake refuses an incompatible node", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto info = world.a.info;
  auto expected = errc::none;
  SUBCASE("of another network") {
    info.network = "othernet";
    expected = errc::wrong_network;
  }
  SUBCASE("without a common channel") {
    info.channels = {0x01};
    expected = errc::no_common_channel;
  }
  SUBCASE("of another block protocol") {
    info.versions.block = 10;
    expected = errc::wrong_block_version;
  }
  SUBCASE("that claims another ID") {
    info.node_id = to_string(key_of(3).id());
    expected = errc::identity_mismatch;
  }
  SUBCASE("with a malformed node info") {
    info.moniker = "\x01";
    expected = errc::invalid_node_info;
  }
  auto near = pair.near->ask_handshake(info);
  auto far = pair.far->ask_handshake(world.b.info);
  far.receive([](const handshake_result&) { FAIL("not refused"); },
              [&](const caf::error& e) { CHECK(code_of(e) == expected); });
  CHECK(pair.far->wait_for_end() == expected);
  near.receive([](const handshake_result&) {}, [](const caf::error&) {});
}

TEST_CASE_TEMPLATE("TR-11: a handshake that nobody answers times out", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  pair.near->ask_handshake(world.a.info, world.b.key.id(), 200ms)
      .receive([](const handshake_result&) { FAIL("nobody was there"); },
               [](const caf::error& e) { CHECK(code_of(e) == errc::timeout); });
  CHECK(pair.near->wait_for_end() == errc::timeout);
}

TEST_CASE_TEMPLATE("TR-11: a handshake ends with whoever asked for it", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  patient_actor watcher{world.sys};
  // Who holds a handle to it does not keep it alive in this.
  auto handle = pair.near->handle();
  watcher->monitor(handle);
  {
    auto answer = pair.near->ask_handshake(world.a.info);
    pair.near.reset();
  }
  watcher->receive(
      [](const caf::down_msg& msg) {
        CHECK(code_of(msg.reason) == errc::shutting_down);
      },
      caf::after(patience) >> [] { FAIL("it lives on"); });
}

TEST_CASE_TEMPLATE("a handshake comes once, then start, then messages", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  CHECK(code_of(pair.near->start()) == errc::invalid_state);
  CHECK(code_of(pair.near->send(talk, patterned(1))) == errc::invalid_state);
  auto near = pair.near->ask_handshake(world.a.info);
  pair.near->ask_handshake(world.a.info)
      .receive([](const handshake_result&) { FAIL("a second handshake"); },
               [](const caf::error& e) {
                 CHECK(code_of(e) == errc::invalid_state);
               });
  auto far = pair.far->ask_handshake(world.b.info);
  auto fail = [](const caf::error& e) { FAIL(to_string(e)); };
  near.receive([](const handshake_result&) {}, fail);
  far.receive([](const handshake_result&) {}, fail);
  CHECK(code_of(pair.near->send(talk, patterned(1))) == errc::invalid_state);
  CHECK_FALSE(pair.near->start());
  CHECK(code_of(pair.near->start()) == errc::invalid_state);
  // What is sent before the other side starts waits for it.
  CHECK_FALSE(pair.near->send(talk, patterned(10)));
  CHECK_FALSE(pair.far->start());
  CHECK(pair.far->next().body == patterned(10));
}

TEST_CASE_TEMPLATE("TR-12: each side's local endpoint is the other's remote",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto near = pair.near->ends();
  auto far = pair.far->ends();
  CHECK(near.local == far.remote);
  CHECK(near.remote == far.local);
  CHECK(near.remote == world.address);
  CHECK(validate(near.local).code == errc::none);
}

TEST_CASE_TEMPLATE("TR-13: messages go both ways, also once transports close",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.round_trip();
  world.a.close();
  world.b.close();
  pair.round_trip();
}

TEST_CASE_TEMPLATE("TR-13: messages of any size arrive whole and in order",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  const auto sizes = {0,    1,    2,     1023,  1024,   1025,    2048, 4096,
                      4097, 9999, 65536, 65537, 100000, 1048576, 0,    1};
  for (auto size : sizes)
    pair.near->post(talk, patterned(size, size));
  for (auto size : sizes) {
    CAPTURE(size);
    CHECK(pair.far->next().body == patterned(size, size));
  }
  // And all of it is reported as sent, to the byte.
  size_t cost = 0;
  for (auto size : sizes)
    cost += message_cost(size);
  while (pair.near->sent() < cost)
    REQUIRE(pair.near->wait());
  CHECK(pair.near->sent() == cost);
}

TEST_CASE_TEMPLATE("TR-14: when one side closes, both hear of it", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.round_trip();
  SUBCASE("the one that dialed") {
    pair.near->close();
  }
  SUBCASE("the one that accepted") {
    pair.far->close();
  }
  CHECK(pair.near->wait_for_end() == errc::connection_closed);
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  // Sending now fails, and closing again changes nothing.
  for (auto* side : {pair.near.get(), pair.far.get()}) {
    CHECK(side->send(talk, patterned(1)));
    side->close();
    CHECK(side->ended());
  }
}

TEST_CASE_TEMPLATE("MC-01: sending on a channel that is not open is refused",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  CHECK(code_of(pair.near->send(0x01, patterned(1))) == errc::unknown_channel);
  pair.round_trip();
}

TEST_CASE_TEMPLATE("MC-05: a message above its channel's capacity ends it",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.near->post(talk, patterned(10));
  pair.near->post(bulk, patterned(100'001));
  CHECK(pair.far->wait_for_end() == errc::oversized_message);
  CHECK(pair.near->wait_for_end() == errc::connection_closed);
  // What came before it is not lost.
  REQUIRE(pair.far->inbox.size() == 1);
  CHECK(pair.far->inbox[0].body == patterned(10));
}

TEST_CASE_TEMPLATE("MC-06: a message of just the channel's capacity passes",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.near->post(bulk, patterned(100'000));
  CHECK(pair.far->next().body == patterned(100'000));
}

TEST_CASE_TEMPLATE("MC-09: what an idle connection sends is out before a close",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.near->post(talk, patterned(5000));
  pair.near->close();
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  REQUIRE(pair.far->inbox.size() == 1);
  CHECK(pair.far->inbox[0].body == patterned(5000));
}

TEST_CASE_TEMPLATE("a reader that gives no credit bounds what arrives", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  auto other = world.established();
  constexpr size_t size = 20'000;
  constexpr size_t count = 1500;
  // More than kernels take.
  for (size_t i = 0; i < count; ++i)
    pair.near->post(bulk, patterned(size, i));
  while (pair.far->received() < connection_read_window)
    REQUIRE(pair.far->wait());
  // Others go on, and meanwhile what can come has come.
  for (int i = 0; i < 100; ++i)
    other.round_trip();
  pair.far->poll();
  CHECK(pair.far->received()
        < connection_read_window + 4 * read_size_max + message_cost(size));
  CHECK(pair.near->sent() < count * message_cost(size));
  // Nothing is lost and nothing is out of order.
  for (size_t i = 0; i < count; ++i)
    REQUIRE(pair.far->next().body == patterned(size, i));
}

TEST_CASE_TEMPLATE("closing everything leaves nothing behind", Kind, KINDS) {
  two_nodes<Kind> world;
  auto baseline = world.sys.registry().running();
  auto descriptors = open_descriptors();
  {
    auto pairs = std::vector<connection_pair>{};
    for (int i = 0; i < 10; ++i) {
      pairs.push_back(world.established());
      pairs.back().round_trip();
    }
    // Five are closed, five are just let go.
    for (int i = 0; i < 5; ++i)
      pairs[i].near->close();
  }
  auto& self = world.a.self;
  CHECK(eventually(self,
                   [&] { return world.sys.registry().running() == baseline; }));
  CHECK(eventually(self, [&] { return open_descriptors() == descriptors; }));
  world.established().round_trip();
}
