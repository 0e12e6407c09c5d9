// SPDX-License-Identifier: Apache-2.0
//
// A node that is used over CAF's middleman: two actor systems, and loopback
// between them.
#include "troupe/actors/remote/remote_node.hpp"

#include <chrono>
#include <memory>

#include <doctest/doctest.h>

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/actors/cast.hpp"
#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/transport/memory/memory_network.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr channel_id echo_channel = 0x70;

/// How long the test waits for what has to come.
constexpr auto patience = 30s;

node_options options_of(int number, std::shared_ptr<memory_network> network) {
  node_options result{
      .key = key_of(number), .network = "test", .memory = std::move(network)};
  if (number > 1)
    result.persistent_peers = {"memory:" + to_string(key_of(1).id())};
  return result;
}

caf::behavior echo_reactor(caf::event_based_actor* self, const node& home) {
  auto wire = home.open_channel<echo::EchoMessage>(self, {.id = echo_channel});
  return {[wire](const inbound_envelope& in) {
    return in.match([&](const echo::PingMessage& message) {
      wire.send(in.from, pong(message.content()));
    });
  }};
}

/// Two nodes of one process, of which the first is published.
struct near_process {
  near_process()
    : sys(config.make_system()),
      home(spawn_node(*sys, options_of(1, network))),
      other(spawn_node(*sys, options_of(2, network))) {
    sys->spawn(echo_reactor, other);
    auto made = publish_node(*sys, home);
    REQUIRE(made);
    port = *made;
  }

  ~near_process() {
    home.stop();
    other.stop();
  }

  world_config config;
  std::shared_ptr<memory_network> network = std::make_shared<memory_network>();
  std::unique_ptr<caf::actor_system> sys;
  node home;
  node other;
  uint16_t port = 0;
};

struct far_process {
  explicit far_process(uint16_t port)
    : sys(config.make_system()),
      home(connect_node(*sys, "127.0.0.1", port)) {}

  world_config config;
  std::unique_ptr<caf::actor_system> sys;
  result<node> home;
};

/// Waits for a message that fits.
template <class... Handlers>
void wait_for(caf::scoped_actor& self, Handlers... handlers) {
  auto late = false;
  self->receive(
      handlers..., caf::after(patience) >> [&late] { late = true; });
  REQUIRE_FALSE(late);
}

} // namespace

TEST_CASE("a reactor of another process talks to peers, asks and reports") {
  near_process near;
  far_process far{near.port};
  REQUIRE(far.home);
  CHECK(far.home->id() == near.home.id());
  caf::scoped_actor self{*far.sys};
  const auto observer = caf::actor_cast<caf::actor>(self);
  const auto peer = near.other.id();
  auto reactor
      = far.sys->spawn([&](caf::event_based_actor* me) -> caf::behavior {
          auto wire = far.home->open_channel<echo::EchoMessage>(
              me, {.id = echo_channel});
          far.home->subscribe(me);
          return {
              [=](const peer_update& update) {
                if (update.status == peer_status::up)
                  wire.send(me, update.peer, ping("hello")).then([] {});
                me->send(observer, update);
              },
              [=](const inbound_envelope& in) {
                return in.match([&](const echo::PongMessage& message) {
                  me->send(observer, message.content());
                  return caf::make_error(blame::misbehaved, "for the test");
                });
              },
          };
        });
  wait_for(self, [&](const peer_update& update) {
    CHECK(update.peer == peer);
    CHECK(update.status == peer_status::up);
  });
  wait_for(self, [](const std::string& text) { CHECK(text == "hello"); });
  wait_for(self, [](const peer_update& update) {
    CHECK(update.status == peer_status::down);
    CHECK(update.reason == errc::misbehaved);
  });
  caf::anon_send_exit(reactor, caf::exit_reason::user_shutdown);
}

TEST_CASE("a reactor is told when the process of its node is gone") {
  auto near = std::make_unique<near_process>();
  far_process far{near->port};
  REQUIRE(far.home);
  caf::scoped_actor self{*far.sys};
  const auto observer = caf::actor_cast<caf::actor>(self);
  far.sys->spawn(
      [&, home = *far.home](caf::event_based_actor* me) -> caf::behavior {
        home.open_channel<echo::EchoMessage>(me, {.id = echo_channel});
        me->set_exit_handler([=](const caf::exit_msg& msg) {
          me->send(observer, msg.reason);
          me->quit();
        });
        me->send(observer, caf::ok_atom_v);
        return {[](const inbound_envelope&) {}};
      });
  wait_for(self, [](caf::ok_atom) {});
  near.reset();
  wait_for(self, [](const caf::error& reason) {
    // Whether the node came to its end first, or its process, or the channel
    // noticed first that the node stops.
    CAPTURE(to_string(reason));
    auto is_known = reason == errc::node_lost || reason == errc::shutting_down
                    || reason == caf::exit_reason::user_shutdown;
    CHECK(is_known);
  });
}

TEST_CASE("nobody is there") {
  world_config config;
  auto sys = config.make_system();
  CHECK(connect_node(*sys, "127.0.0.1", 1).code() == errc::connection_refused);
  // What is published there is something else.
  auto other_kind = sys->spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](int x) { return x; }};
  });
  auto port = sys->middleman().publish(other_kind, 0, "127.0.0.1");
  REQUIRE(port);
  world_config other;
  auto far = other.make_system();
  CHECK(connect_node(*far, "127.0.0.1", *port).code()
        == errc::connection_refused);
  caf::anon_send_exit(other_kind, caf::exit_reason::user_shutdown);
}

TEST_CASE("a port that is taken cannot be had") {
  near_process near;
  auto again = publish_node(*near.sys, near.home, near.port);
  CHECK(again.code() == errc::cannot_listen);
}
