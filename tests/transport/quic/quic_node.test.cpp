// SPDX-License-Identifier: Apache-2.0
//
// Whole nodes over QUIC.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <caf/event_based_actor.hpp>

#include "quic_world.hpp"
#include "troupe/proto/echo.pb.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Greets whoever comes, and tells `listener` what it hears.
caf::behavior greeter(caf::event_based_actor* self, const node& home,
                      const caf::actor& listener) {
  auto channel = home.open_channel<echo::EchoMessage>(self, {.id = talk});
  home.subscribe(self);
  return {
      [channel](const peer_update& x) {
        echo::PingMessage hello;
        hello.set_content("hello");
        if (x.status == peer_status::up)
          channel.send(x.peer, hello);
      },
      [self, listener](const inbound_envelope& in) {
        return in.match(
            [&](const echo::PingMessage& x) {
              self->send(listener, x.content());
            },
            [](const echo::PongMessage&) {});
      },
  };
}

/// A node in an actor system of its own. In the end nothing of it is left.
struct greeting_node {
  explicit greeting_node(node_options options)
    : idle(sys.registry().running()),
      where(spawn_node(sys, std::move(options))) {
    // It listens once there is a channel.
    sys.spawn(greeter, where, self.handle());
    self->request(where.router(), patience, caf::get_atom_v)
        .receive([this](const std::vector<endpoint>& found) { places = found; },
                 [](const caf::error& e) { FAIL(to_string(e)); });
  }

  greeting_node(const greeting_node&) = delete;

  greeting_node& operator=(const greeting_node&) = delete;

  ~greeting_node() {
    where.stop();
    CHECK(
        eventually(self, [this] { return sys.registry().running() == idle; }));
  }

  std::string next() {
    std::string result;
    self->receive([&](std::string& text) { result = std::move(text); },
                  caf::after(patience) >> [] {});
    return result;
  }

  world_config config;
  caf::actor_system sys{config};
  size_t idle;
  patient_actor self{sys};
  node where;
  std::vector<endpoint> places;
};

node_options options_of(int number) {
  return {.key = key_of(number), .network = "testnet"};
}

} // namespace

TEST_CASE("nodes that listen with QUIC are found, and exchange messages") {
  auto options = options_of(1);
  options.listen = {"quic://127.0.0.1:0", "mconn://127.0.0.1:0"};
  greeting_node node{std::move(options)};
  REQUIRE(node.places.size() == 2);
  auto i = std::ranges::find(node.places, quic_protocol, &endpoint::protocol);
  REQUIRE(i != node.places.end());
  CHECK(i->port != 0);
  auto other = options_of(2);
  other.persistent_peers = {to_string(to_address(*i, key_of(1).id()))};
  greeting_node remote{std::move(other)};
  CHECK(node.next() == "hello");
  CHECK(remote.next() == "hello");
}

TEST_CASE("an option that names QUIC is checked as others are") {
  auto options = options_of(1);
  options.listen = {"quic://224.0.0.1:1"};
  const auto refused = validate(options);
  CHECK(refused.context.find("listen") == 0);
  CHECK(refused.code == errc::invalid_endpoint);
}
