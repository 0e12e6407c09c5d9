// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_receiver_actor.hpp"

#include <algorithm>
#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/actors/peer/read_account.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

/// The read window that we give back at once while there is more to come.
constexpr size_t report_min = connection_read_window / 8;

/// What channels hold when the connection may have stopped reading.
constexpr size_t nearly_full = connection_read_window - report_min;

struct peer_receiver_state {
  static inline const char* name = "troupe.peer-receiver";

  struct lane {
    inbound_route route;
    caf::telemetry::int_counter* traffic;
    /// Of messages that are shed. Null until there is one.
    caf::telemetry::int_counter* stalled = nullptr;
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
      account.open(id, route.hold_max);
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
    const auto time = now();
    size_t dropped = 0;
    for (const auto& message : batch)
      if (condemned)
        drop(message, "peer_erred");
      else if (!deliver(message, time))
        dropped += read_cost(message.body.size());
    give_back(dropped);
    watch_channels();
  }

  /// @returns whether the channel will give the message's cost back.
  bool deliver(const inbound_message& message, time_point time) {
    auto i = lanes.find(message.channel);
    if (i == lanes.end())
      return drop(message, "unknown_channel");
    auto& [route, traffic, stalled] = i->second;
    traffic->inc(static_cast<int64_t>(message.body.size()));
    auto to = caf::actor_cast<channel_actor>(route.channel);
    if (!to)
      return drop(message, "channel_closed");
    if (account.sheds(message.channel)) {
      if (stalled == nullptr)
        stalled = counters.drops(message.channel, direction::inbound,
                                 "reactor_stalled");
      stalled->inc();
      return false;
    }
    auto content = route.codec->unmarshal(message.body);
    if (!content) {
      condemned = true;
      report(content.error());
      return drop(message, to_string(content.code()));
    }
    const auto cost = read_cost(message.body.size());
    account.delivered(message.channel, cost, time);
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

  /// A channel is done with messages of that cost.
  void handled(size_t cost) {
    auto from = caf::actor_cast<caf::actor_addr>(self->current_sender());
    if (auto i = find(from); i != lanes.end())
      give_back(account.returned(i->first, cost));
  }

  /// What a channel leaves behind must not keep the connection from reading
  /// for the others.
  void channel_ended(const caf::actor_addr& channel) {
    if (auto i = find(channel); i != lanes.end()) {
      i->second.route.channel = nullptr;
      give_back(account.ended(i->first));
    }
  }

  std::map<channel_id, lane>::iterator find(const caf::actor_addr& channel) {
    return std::find_if(lanes.begin(), lanes.end(), [&](const auto& entry) {
      return entry.second.route.channel == channel;
    });
  }

  /// Nor must a channel whose reactor has stalled.
  void watch_channels() {
    give_back(account.tick(now()));
    if (auto when = account.next_wakeup())
      wakeup.set(self, *when, [this] { watch_channels(); });
  }

  /// Many messages share one report, since each wakes the connection.
  void give_back(size_t cost) {
    returned += cost;
    if (returned >= report_min || (account.held() == 0 && returned > 0))
      self->send(connection, credit_atom_v, std::exchange(returned, 0));
  }

  [[nodiscard]] time_point now() const {
    return self->system().clock().now();
  }

  peer_receiver_actor::pointer self;
  connection_ref peer;
  connection_actor connection;
  caf::actor_addr router;
  std::map<channel_id, lane> lanes;
  read_account account{nearly_full};
  size_t returned = 0; // Cost that the connection has yet to hear of.
  alarm wakeup;
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
