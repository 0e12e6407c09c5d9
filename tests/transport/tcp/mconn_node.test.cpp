// SPDX-License-Identifier: Apache-2.0
//
// A whole node behind real sockets: what its router and its transport have to
// do together.
#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/transport/tcp/raw_peer.hpp"
#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/transport/dns/name_service.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

caf::behavior deaf_reactor(caf::event_based_actor* self, const node& owner) {
  owner.open_channel<echo::EchoMessage>(self, {.id = talk});
  return {[](const inbound_envelope&) {}};
}

node_options options_of(int number) {
  return {.key = key_of(number),
          .network = "testnet",
          .listen = {"mconn://127.0.0.1:0"}};
}

/// A node with one channel, and what is heard of it. In the end nothing of it
/// is left.
struct tcp_node {
  explicit tcp_node(node_options options)
    : idle(sys.registry().running()),
      where(spawn_node(sys, std::move(options))) {
    sys.spawn(deaf_reactor, where);
    self->request(where.router(), patience, caf::get_atom_v)
        .receive(
            [this](const std::vector<endpoint>& found) {
              all = found;
              address = found.empty() ? endpoint{} : found[0];
            },
            [](const caf::error& e) { FAIL(to_string(e)); });
    where.observe(self.operator->());
    where.subscribe(self.operator->());
  }

  tcp_node(const tcp_node&) = delete;

  tcp_node& operator=(const tcp_node&) = delete;

  ~tcp_node() {
    where.stop();
    CHECK(
        eventually(self, [this] { return sys.registry().running() == idle; }));
  }

  /// Waits for the next thing that happens, and returns it in words.
  std::string next() {
    std::string result;
    while (result.empty())
      self->receive(
          [&](const peer_update& x) {
            result = x.status == peer_status::up ? "up" : "down";
          },
          [&](const node_event& x) {
            if (x.what == node_event::kind::refused)
              result = fmt::format("refused: {}", to_string(x.code));
          },
          caf::after(patience) >> [&] { result = "nothing"; });
    return result;
  }

  world_config config;
  caf::actor_system sys{config};
  size_t idle;
  patient_actor self{sys};
  node where;
  endpoint address;
  std::vector<endpoint> all;
};

/// Has one name, which leads to this machine in both families.
class both_families final : public name_service {
public:
  void start(uint64_t, const std::string&,
             std::function<void(answer)> done) override {
    done(std::vector{ip_address::v4(127, 0, 0, 1), *ip_address::parse("::1")});
  }

  void cancel(uint64_t) override {
    // It has answered.
  }
};

/// Comes until it is let in: the timeout is as short for it, and may be over
/// before a busy machine is done. @returns what is heard of it in the end.
std::string get_in(raw_peer& remote, tcp_node& node) {
  const auto key = key_of(2);
  std::string heard;
  for (int attempt = 0; attempt < 30; ++attempt) {
    remote = raw_peer{node.address};
    remote.handshake(key, info_of(key.id()));
    heard = node.next();
    if (heard != "refused: timeout")
      break;
  }
  return heard;
}

} // namespace

TEST_CASE("a node is reached at each of the places where it listens") {
  auto options = options_of(1);
  options.listen = {"mconn://127.0.0.1:0", "mconn://[::1]:0"};
  tcp_node node{std::move(options)};
  REQUIRE(node.all.size() == 2);
  CHECK(node.all[1].ip == ip_address::parse("::1"));
  int number = 2;
  for (const auto& where : node.all) {
    CAPTURE(to_string(where));
    // The other one has no choice but to come there.
    auto other = options_of(number);
    other.listen.clear();
    other.persistent_peers = {to_string(to_address(where, key_of(1).id()))};
    tcp_node remote{std::move(other)};
    CHECK(remote.next() == "up");
    CHECK(node.next() == "up");
    remote.where.stop();
    CHECK(node.next() == "down");
    ++number;
  }
}

TEST_CASE("a node is found by name where one of two families leads to it") {
  auto options = options_of(1);
  options.listen = {"mconn://[::1]:0"};
  tcp_node node{std::move(options)};
  auto other = options_of(2);
  other.listen.clear();
  other.resolver = [](caf::actor_system& sys) {
    return spawn_resolver(sys, std::make_unique<both_families>());
  };
  other.persistent_peers = {
      fmt::format("{}@both:{}", to_string(key_of(1).id()), node.address.port)};
  tcp_node remote{std::move(other)};
  CHECK(remote.next() == "up");
  CHECK(node.next() == "up");
}

TEST_CASE("a remote that never sends a byte loses its place, which the "
          "next one gets") {
  auto options = options_of(1);
  options.handshake_timeout = 200ms;
  options.handshakes.max = 1;
  options.max_accepted = 2;
  tcp_node node{std::move(options)};
  raw_peer silent{node.address};
  CHECK(node.next() == "refused: timeout");
  silent.wait_for_end();
  raw_peer next;
  CHECK(get_in(next, node) == "up");
  // Silence is as short in the place that has become free.
  next.close();
  CHECK(node.next() == "down");
  raw_peer third{node.address};
  CHECK(node.next() == "refused: timeout");
  third.wait_for_end();
}
