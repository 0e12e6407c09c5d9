// SPDX-License-Identifier: Apache-2.0
//
// What becomes of connections because of the IP address that they come from.
// Everything on 127.0.0.0/8 is this host, so that one test is many remotes.
#include <atomic>
#include <mutex>

#include <caf/event_based_actor.hpp>

#include "troupe/tests/actors/counted.hpp"
#include "troupe/tests/transport/tcp/raw_peer.hpp"
#include "troupe/tests/transport/transport_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

ip_address host(uint8_t subnet, uint8_t number) {
  return ip_address::v4(127, 0, subnet, number);
}

/// What was refused, as told on the I/O thread.
class refusals {
public:
  void add(errc code) {
    auto guard = std::lock_guard{mutex_};
    codes_.push_back(code);
  }

  std::vector<errc> get() {
    auto guard = std::lock_guard{mutex_};
    return codes_;
  }

private:
  std::mutex mutex_;
  std::vector<errc> codes_;
};

/// A listening transport and who it refused.
struct accepting_world {
  explicit accepting_world(inbound_limits limits, ip_filter lists = {}) {
    auto options = mconn_options_of(1);
    options->limits = std::move(limits);
    options->lists = std::move(lists);
    options->on_refused = [this](errc code) { refused.add(code); };
    node.emplace(sys, 1, spawn_mconn_transport(sys, std::move(options)));
    where = *node->listen(loopback4());
  }

  ~accepting_world() {
    node->self->send_exit(node->transport, caf::exit_reason::kill);
    node->self->wait_for(node->transport);
  }

  /// What was refused, once there are that many: a remote may hear of it before
  /// we do.
  std::vector<errc> refused_after(size_t count) {
    eventually(node->self,
               [this, count] { return refused.get().size() >= count; });
    return refused.get();
  }

  /// Connects as 127.0.0.1 until it is let in: the transport hears at its own
  /// time that an earlier connection ended.
  std::pair<raw_peer, std::unique_ptr<connection_end>> insist() {
    std::atomic<bool> accepted = false;
    caf::actor connection;
    sys.spawn([&, to = node->transport](caf::event_based_actor* asker) {
      asker->request(to, caf::infinite, accept_atom_v)
          .then([&](const caf::actor& x) {
            connection = x;
            accepted = true;
          });
    });
    for (;;) {
      const auto before = refused.get().size();
      raw_peer remote{where};
      REQUIRE(eventually(node->self, [&] {
        return accepted || refused.get().size() > before;
      }));
      if (accepted)
        return {std::move(remote),
                std::make_unique<connection_end>(sys, connection)};
    }
  }

  world_config config;
  caf::actor_system sys{config};
  refusals refused;
  std::optional<node_end> node;
  endpoint where;
};

inbound_limits without_rates() {
  inbound_limits result;
  // Sockets of tests are on this machine.
  result.subnet_limits = subnet_scope::all;
  result.ip_rate.reset();
  result.subnet_rate.reset();
  result.total_rate.reset();
  return result;
}

/// A node with an open channel on a real socket.
struct node_world {
  explicit node_world(node_options options) {
    options.listen = {"mconn://127.0.0.1:0"};
    options.network = "testnet";
    options.channels_expected = 0;
    where = spawn_node(sys, std::move(options));
    self->request(where.router(), patience, caf::get_atom_v)
        .receive([this](const std::vector<endpoint>& xs) { at = xs.at(0); },
                 [](const caf::error& e) { FAIL(to_string(e)); });
  }

  ~node_world() {
    where.stop();
    self->wait_for(where.router());
  }

  int64_t refused(errc code) {
    return counted(sys, "refused_connections",
                   {{"direction", "in"}, {"reason", to_string(code)}});
  }

  world_config config;
  caf::actor_system sys{config};
  patient_actor self{sys};
  node where;
  endpoint at;
};

/// Whether the other side hung up without a word.
bool is_reset(raw_peer& remote) {
  return remote.read().empty();
}

} // namespace

TEST_CASE("a denied address is reset without a word and without an actor") {
  accepting_world world{{}, {{}, {*ip_network::parse("127.0.9.0/24")}}};
  auto accepted = world.node->accept();
  const auto before = world.sys.registry().running();
  for (uint8_t i = 1; i < 5; ++i) {
    raw_peer remote{world.where, host(9, i)};
    CHECK(is_reset(remote));
  }
  CHECK(world.sys.registry().running() == before);
  CHECK(world.refused_after(4) == std::vector(4, errc::filtered));
  raw_peer friendly{world.where, host(8, 1)};
  CHECK(accepted.get()->ends().remote.ip == host(8, 1));
}

TEST_CASE("an address and a subnet have so many connections, and others "
          "theirs") {
  auto limits = without_rates();
  limits.max_per_ip = 1;
  limits.max_per_subnet = 2;
  accepting_world world{limits};
  raw_peer first{world.where, host(1, 1)};
  auto one = world.node->accept().get();
  auto second_one = world.node->accept();
  raw_peer again{world.where, host(1, 1)};
  CHECK(is_reset(again));
  raw_peer second{world.where, host(1, 2)};
  auto two = second_one.get();
  auto next = world.node->accept();
  raw_peer third{world.where, host(1, 3)};
  CHECK(is_reset(third));
  raw_peer stranger{world.where, host(2, 1)};
  CHECK(next.get()->ends().remote.ip == host(2, 1));
  CHECK(world.refused_after(2) == std::vector(2, errc::too_many_from_ip));
}

TEST_CASE("a connection gives its place back however it ends") {
  auto limits = without_rates();
  limits.max_per_ip = 1;
  accepting_world world{limits};
  std::function<void(raw_peer&, connection_end&)> end;
  SUBCASE("the remote hangs up") {
    end = [](raw_peer& remote, connection_end& ours) {
      auto handshake = ours.ask_handshake(info_of(key_of(1).id()));
      remote.close();
    };
  }
  SUBCASE("the remote resets") {
    end = [](raw_peer& remote, connection_end& ours) {
      auto handshake = ours.ask_handshake(info_of(key_of(1).id()));
      remote.reset();
    };
  }
  SUBCASE("the remote fails the handshake") {
    end = [](raw_peer& remote, connection_end& ours) {
      auto handshake = ours.ask_handshake(info_of(key_of(1).id()));
      remote.write(patterned(100));
    };
  }
  SUBCASE("the remote is silent") {
    end = [](raw_peer&, connection_end& ours) {
      auto handshake = ours.ask_handshake(info_of(key_of(1).id()), {}, 1ms);
    };
  }
  SUBCASE("we close it before any handshake") {
    end = [](raw_peer&, connection_end& ours) { ours.close(); };
  }
  SUBCASE("its actor is killed") {
    end = [](raw_peer&, connection_end& ours) {
      caf::anon_send_exit(ours.handle(), caf::exit_reason::kill);
    };
  }
  for (int round = 0; round < 5; ++round) {
    auto [remote, ours] = world.insist();
    end(remote, *ours);
    ours->wait_for_end();
  }
}

TEST_CASE("an address that comes too often is refused, and then "
          "others are accepted, and later itself") {
  auto limits = without_rates();
  limits.ip_rate = rate_limit{4, 2};
  accepting_world world{limits};
  std::vector<std::unique_ptr<connection_end>> ours;
  std::vector<raw_peer> remotes;
  for (int i = 0; i < 2; ++i) {
    remotes.emplace_back(world.where, host(1, 1));
    ours.push_back(world.node->accept().get());
  }
  auto next = world.node->accept();
  for (int i = 0; i < 10; ++i) {
    raw_peer remote{world.where, host(1, 1)};
    static_cast<void>(is_reset(remote));
  }
  CHECK(world.refused_after(8).size() >= 8);
  CHECK(world.refused.get()[0] == errc::rate_limited);
  raw_peer other{world.where, host(1, 2)};
  REQUIRE(next.get());
}

TEST_CASE("a slow-loris flood from few addresses locks out nobody") {
  node_options options{.key = key_of(1)};
  options.inbound.subnet_limits = subnet_scope::all;
  options.handshakes = {.max = 6, .max_per_ip = 3, .max_per_subnet = 6};
  node_world world{std::move(options)};
  std::vector<raw_peer> silent;
  for (int i = 0; i < 40; ++i)
    silent.emplace_back(world.at, host(1, static_cast<uint8_t>(1 + i % 4)));
  REQUIRE(eventually(
      world.self, [&] { return world.refused(errc::too_many_from_ip) >= 34; }));
  // All places are taken, and somebody else comes.
  auto key = key_of(2);
  auto info = info_of(key.id());
  info.channels = {0x70};
  raw_peer honest{world.at, host(2, 1)};
  // It got its turn; that nobody has opened a channel is another matter.
  CHECK(honest.handshake(key, info) == errc::no_common_channel);
  REQUIRE(eventually(world.self,
                     [&] { return world.refused(errc::rate_limited) >= 1; }));
}

TEST_CASE("the limits of a node's options reach its transport, and "
          "refusals are counted with their reason") {
  node_options options{.key = key_of(1)};
  options.deny_ips = {"127.0.3.0/24"};
  options.inbound.max_per_ip = 1;
  // So slow that none comes back, however slow the machine is.
  options.inbound.ip_rate = rate_limit{0.001, 3};
  node_world world{std::move(options)};
  raw_peer denied{world.at, host(3, 1)};
  CHECK(is_reset(denied));
  raw_peer first{world.at, host(1, 1)};
  CHECK_FALSE(first.read().empty()); // Our half of the handshake.
  for (int i = 0; i < 4; ++i) {
    raw_peer more{world.at, host(1, 1)};
    CHECK(is_reset(more));
  }
  CHECK(eventually(world.self,
                   [&] { return world.refused(errc::rate_limited) == 2; }));
  CHECK(world.refused(errc::filtered) == 1);
  CHECK(world.refused(errc::too_many_from_ip) == 2);
}

TEST_CASE("the limits of a node that runs can be changed, and those that are "
          "there stay") {
  node_options options{.key = key_of(1)};
  options.inbound.max_per_ip = 1;
  node_world world{std::move(options)};
  auto change = [&world](size_t max_per_ip) {
    auto wanted = inbound_limits{};
    wanted.max_per_ip = max_per_ip;
    world.self->request(world.where.router(), patience, limits_atom_v, wanted)
        .receive([] {}, [](const caf::error& e) { FAIL(to_string(e)); });
  };
  auto is_refused = [&world] {
    raw_peer more{world.at, host(1, 1)};
    return is_reset(more);
  };
  raw_peer first{world.at, host(1, 1)};
  CHECK_FALSE(first.read().empty());
  CHECK(is_refused());
  // It holds as soon as that is answered.
  change(2);
  raw_peer second{world.at, host(1, 1)};
  CHECK_FALSE(second.read().empty());
  CHECK(is_refused());
  change(1);
  raw_peer third{world.at, host(1, 2)};
  CHECK_FALSE(third.read().empty());
  CHECK(is_refused());
  CHECK(world.refused(errc::too_many_from_ip) == 3);
}
