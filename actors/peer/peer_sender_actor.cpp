// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_sender_actor.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/qos/send_queue.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

struct peer_sender_state {
  static inline const char* name = "troupe.peer-sender";

  peer_sender_state(peer_sender_actor::pointer ptr, connection_actor to,
                    const std::vector<channel_descriptor>& channels,
                    metrics count)
    : self(ptr),
      connection(std::move(to)),
      queue(channels, connection_window),
      counters(count) {
    for (const auto& channel : channels)
      traffic.emplace(channel.id,
                      counters.traffic(channel.id, direction::outbound));
  }

  peer_sender_actor::behavior_type make_behavior() {
    return {
        [this](start_atom, const std::vector<channel_descriptor>& channels,
               const caf::actor& receiver) { start(channels, receiver); },
        [this](send_atom, outbound_message& message) {
          return take(std::move(message));
        },
        [this](sent_atom, const std::vector<channel_credit>& done) {
          for (const auto& credit : done)
            queue.sent(credit);
          feed();
          if (closing && queue.size() == 0)
            hang_up();
        },
        [this](caf::close_atom, caf::timespan limit) { close(limit); },
    };
  }

  void start(const std::vector<channel_descriptor>& channels,
             const caf::actor& receiver) {
    // Anonymous: if the connection has ended meanwhile, so do we.
    caf::anon_send(connection, start_atom_v, channels, receiver,
                   caf::actor_cast<caf::actor>(self));
    started = true;
    feed();
  }

  void close(caf::timespan limit) {
    if (std::exchange(closing, true))
      return;
    deadline = self->system().clock().now() + limit;
    if (queue.size() == 0)
      hang_up();
    else
      timer.set(self, deadline, [this] { hang_up(); });
  }

  /// The rest is up to the connection.
  void hang_up() {
    timer.cancel();
    auto left = deadline - self->system().clock().now();
    self->send(connection, caf::close_atom_v,
               caf::timespan{std::max(left, duration::zero())});
  }

  caf::result<void> take(outbound_message message) {
    const auto channel = message.channel;
    if (closing) {
      counters.dropped(channel, direction::outbound,
                       to_string(errc::not_connected));
      return caf::make_error(errc::not_connected);
    }
    const auto size = message.body->size();
    auto code = queue.push(std::move(message));
    if (code == errc::none) {
      traffic.at(channel)->inc(static_cast<int64_t>(size));
      feed();
    } else {
      counters.dropped(channel, direction::outbound, to_string(code));
    }
    return as_result(code);
  }

  void feed() {
    if (!started)
      return;
    if (auto batch = queue.take(); !batch.empty())
      self->send(connection, send_atom_v, std::move(batch));
  }

  peer_sender_actor::pointer self;
  connection_actor connection;
  send_queue queue;
  bool started = false;
  bool closing = false;
  time_point deadline; // For what is queued, once we are closing.
  alarm timer;
  metrics counters;
  std::map<channel_id, caf::telemetry::int_counter*> traffic;
};

} // namespace

peer_sender_actor
spawn_peer_sender(caf::actor_system& sys, connection_actor connection,
                  const std::vector<channel_descriptor>& channels,
                  metrics counters) {
  return spawn_state<peer_sender_state, peer_sender_actor>(
      sys, std::move(connection), channels, counters);
}

} // namespace troupe
