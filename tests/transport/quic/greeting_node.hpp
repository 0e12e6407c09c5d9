// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "quic_world.hpp"
#include "troupe/proto/echo.pb.h"

namespace troupe::test {

/// Greets whoever comes, and tells `listener` what it hears.
inline caf::behavior greeter(caf::event_based_actor* self, const node& home,
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
  using reactor_behavior = std::function<caf::behavior(
      caf::event_based_actor*, const node&, const caf::actor&)>;

  explicit greeting_node(node_options options, reactor_behavior what = greeter)
    : idle(sys.registry().running()),
      where(spawn_node(sys, std::move(options))) {
    // It listens once there is a channel.
    reactor = sys.spawn([this, what](caf::event_based_actor* ptr) {
      return what(ptr, where, self.handle());
    });
    self->request(where.router(), patience, caf::get_atom_v)
        .receive([this](const std::vector<endpoint>& found) { places = found; },
                 [](const caf::error& e) { FAIL(to_string(e)); });
  }

  greeting_node(const greeting_node&) = delete;

  greeting_node& operator=(const greeting_node&) = delete;

  ~greeting_node() {
    where.stop();
    reactor = {};
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
  caf::actor reactor;
  std::vector<endpoint> places;
};

inline node_options quic_node_options(int number) {
  return {.key = key_of(number), .network = "testnet"};
}

} // namespace troupe::test
