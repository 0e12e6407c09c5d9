// SPDX-License-Identifier: Apache-2.0
//
// The echo reactor of ADR-062. A node prints its address, the next dials it:
//     echo_sample [ADDRESS]
#include <fmt/format.h>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/proto/echo.pb.h"

using namespace troupe;

caf::behavior echo_reactor(caf::event_based_actor* self, node home) {
  // EchoMessage wraps pings and pongs; the channel wraps and unwraps.
  auto channel = home.open_channel<echo::EchoMessage>(
      self, {.id = 0x70, .recv_message_capacity = 1024});
  home.subscribe(self); // To peers that come and go.
  home.observe(self);   // What an operator wants to know.
  self->send(self, caf::tick_atom_v);
  return {
      [=](caf::tick_atom) {
        echo::PingMessage ping;
        ping.set_content("hello");
        channel.broadcast(ping);
        self->delayed_send(self, std::chrono::seconds{1}, caf::tick_atom_v);
      },
      // Its answer lets the next message come, or blames the peer for this one.
      [=](const inbound_envelope& in) {
        return in.match(
            [&](const echo::PingMessage& ping) {
              echo::PongMessage pong;
              pong.set_content(ping.content());
              channel.send(in.from, pong);
            },
            [](const echo::PongMessage& pong) {
              fmt::print("pong: {}\n", pong.content());
            });
      },
      [](const peer_update& update) {
        fmt::print("{} is {}\n", update.peer, to_string(update.status));
      },
      [=](const node_event& event) {
        if (event.what == node_event::kind::listening)
          fmt::print("{}\n", to_address(event.where, home.id()));
      },
  };
}

void caf_main(caf::actor_system& sys, const caf::actor_system_config& config) {
  system_entropy random;
  auto [argc, argv] = config.c_args_remainder();
  auto home = spawn_node(sys, {.key = node_key::generate(random),
                               .network = "echo",
                               .listen = {"mconn://127.0.0.1:0"},
                               .persistent_peers = {argv + 1, argv + argc}});
  sys.spawn(echo_reactor, home); // Both run until they are interrupted.
}

CAF_MAIN(caf::id_block::troupe, caf::io::middleman)
