// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/pinger.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/proto/echo.pb.h"

namespace troupe::command {

namespace {

/// How long an answer may take before the next ping takes the place of the one
/// it is to.
constexpr duration patience = std::chrono::seconds{5};

struct pinger_state {
  static inline const char* name = "troupe.pinger";

  /// The ping that a peer owes an answer to.
  struct ping {
    std::string content;
    time_point sent;
  };

  pinger_state(caf::event_based_actor* ptr, node where, duration pause,
               pong_handler handler)
    : self(ptr),
      home(std::move(where)),
      interval(pause),
      on_pong(std::move(handler)) {}

  caf::behavior make_behavior() {
    wire = home.open_channel<echo::EchoMessage>(
        self, {.id = echo_channel,
               .priority = 5,
               .recv_message_capacity = ping_size_max,
               .name = "echo"});
    home.subscribe(self);
    self->delayed_send(self, interval, caf::tick_atom_v);
    return {
        [this](const peer_update& update) { note(update); },
        [this](caf::tick_atom) {
          const auto now = self->clock().now();
          for (auto& [peer, last] : peers)
            if (last.content.empty() || now - last.sent >= patience)
              ask(peer, last);
          self->delayed_send(self, interval, caf::tick_atom_v);
        },
        [this](const inbound_envelope& in) {
          return in.match(
              [&](const echo::PingMessage& ping) {
                echo::PongMessage pong;
                pong.set_content(ping.content());
                wire.send(in.from, pong);
              },
              [&](const echo::PongMessage& pong) {
                answered(in.from, pong.content());
              });
        },
    };
  }

  void note(const peer_update& update) {
    const auto& channels = update.info.channels;
    peers.erase(update.peer);
    if (update.status == peer_status::up
        && std::find(channels.begin(), channels.end(), echo_channel)
               != channels.end())
      ask(update.peer, peers[update.peer]);
  }

  void ask(const node_id& peer, ping& last) {
    last = {std::to_string(next_ping++), self->clock().now()};
    echo::PingMessage message;
    message.set_content(last.content);
    wire.send(peer, message);
  }

  /// Answers that come late, twice or unasked do not count.
  void answered(const node_id& peer, const std::string& content) {
    auto i = peers.find(peer);
    if (i == peers.end() || i->second.content != content)
      return;
    i->second.content.clear();
    on_pong(peer, self->clock().now() - i->second.sent);
  }

  caf::event_based_actor* self;
  node home;
  duration interval;
  pong_handler on_pong;
  channel<echo::EchoMessage> wire;
  std::map<node_id, ping> peers;
  uint64_t next_ping = 0;
};

} // namespace

caf::actor spawn_pinger(caf::actor_system& sys, const node& where,
                        duration interval, pong_handler on_pong) {
  return sys.spawn<caf::stateful_actor<pinger_state>>(where, interval,
                                                      std::move(on_pong));
}

} // namespace troupe::command
