// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_receiver_actor.hpp"

#include <algorithm>
#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/transport/actor_state.hpp"

namespace troupe {

namespace {

/// The read window that we give back at once while there is more to come.
constexpr size_t report_min = connection_read_window / 8;

struct peer_receiver_state {
  static inline const char* name = "troupe.peer-receiver";

  struct lane {
    inbound_route route;
    caf::telemetry::int_counter* traffic;
    /// Cost of what the channel has not given back.
    size_t held = 0;
  };

  peer_receiver_state(peer_receiver_actor::pointer ptr, connection_ref from,
                      connection_actor its_connection,
                      const caf::actor& node_router,
                      // Its parts are moved, which the check does not see.
                      // NOLINTNEXTLINE(performance-unnecessary-value-param)
                      std::map<channel_id, inbound_route> routes, metrics count)
    : self(ptr),
      peer(from),
      connection(std::move(its_connection)),
      router(node_router.address()),
      counters(count) {
    self->set_down_handler(
        [this](const caf::down_msg& msg) { channel_ended(msg.source); });
    for (auto& [id, route] : routes) {
      if (auto channel = caf::actor_cast<channel_actor>(route.channel))
        self->monitor(channel);
      lanes.emplace(
          id, lane{std::move(route), counters.traffic(id, direction::inbound)});
    }
  }

  peer_receiver_actor::behavior_type make_behavior() {
    return {
        [this](credit_atom, size_t cost) { handled(cost); },
        [this](errored_atom) { condemned = true; },
        [this](caf::close_atom) { self->quit(); },
        [this](const inbound_batch& batch) { receive(batch); },
    };
  }

  void receive(const inbound_batch& batch) {
    size_t dropped = 0;
    for (const auto& message : batch)
      if (condemned)
        drop(message, "peer_erred");
      else if (!deliver(message))
        dropped += message_cost(message.body.size());
    give_back(dropped);
  }

  /// @returns whether the channel will give the message's cost back.
  bool deliver(const inbound_message& message) {
    auto i = lanes.find(message.channel);
    if (i == lanes.end())
      return drop(message, "unknown_channel");
    auto& [route, traffic, held_here] = i->second;
    traffic->inc(static_cast<int64_t>(message.body.size()));
    auto to = caf::actor_cast<channel_actor>(route.channel);
    if (!to)
      return drop(message, "channel_closed");
    auto content = route.codec->unmarshal(message.body);
    if (!content) {
      condemned = true;
      report(content.error());
      return drop(message, to_string(content.code()));
    }
    const auto cost = message_cost(message.body.size());
    held_here += cost;
    held += cost;
    self->send(to, deliver_atom_v,
               inbound_envelope{peer.peer, message.channel, peer.generation,
                                std::move(*content)},
               cost);
    return true;
  }

  bool drop(const inbound_message& message, std::string_view reason) {
    counters.dropped(message.channel, direction::inbound, reason);
    return false;
  }

  void report(const failure& what) {
    if (auto to = caf::actor_cast<router_actor>(router))
      self->send(to, errored_atom_v, peer,
                 peer_error{peer.peer, what.code, what.context});
  }

  lane* find(const caf::actor_addr& channel) {
    auto i = std::find_if(lanes.begin(), lanes.end(), [&](const auto& entry) {
      return entry.second.route.channel == channel;
    });
    return i != lanes.end() ? &i->second : nullptr;
  }

  /// A channel is done with messages of that cost.
  void handled(size_t cost) {
    auto from = find(caf::actor_cast<caf::actor_addr>(self->current_sender()));
    if (from == nullptr)
      return;
    cost = std::min(cost, from->held);
    from->held -= cost;
    held -= cost;
    give_back(cost);
  }

  /// What a channel leaves behind must not keep the connection from reading
  /// for the others.
  void channel_ended(const caf::actor_addr& channel) {
    if (auto who = find(channel)) {
      who->route.channel = nullptr;
      held -= who->held;
      give_back(std::exchange(who->held, 0));
    }
  }

  /// Many messages share one report, since each wakes the connection.
  void give_back(size_t cost) {
    returned += cost;
    if (returned >= report_min || (held == 0 && returned > 0))
      self->send(connection, credit_atom_v, std::exchange(returned, 0));
  }

  peer_receiver_actor::pointer self;
  connection_ref peer;
  connection_actor connection;
  caf::actor_addr router;
  std::map<channel_id, lane> lanes;
  size_t held = 0;     // Cost of what all channels have not given back.
  size_t returned = 0; // Cost that the connection has yet to hear of.
  metrics counters;
  bool condemned = false; // The peer erred, and we only wait for the end.
};

} // namespace

peer_receiver_actor
spawn_peer_receiver(caf::actor_system& sys, connection_ref peer,
                    connection_actor connection, const caf::actor& router,
                    std::map<channel_id, inbound_route> routes,
                    metrics counters) {
  return spawn_state<peer_receiver_state, peer_receiver_actor>(
      sys, peer, std::move(connection), router, std::move(routes), counters);
}

} // namespace troupe
