// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_receiver_actor.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/actors/peer/read_account.hpp"
#include "troupe/actors/peer/run_arenas.hpp"
#include "troupe/actors/peer/traffic_meter.hpp"
#include "troupe/actors/qos/shed_report.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/channel_map.hpp"
#include "troupe/messages/compact_queue.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

/// What we give back at once while there is more to come.
constexpr size_t report_min = connection_read_window / 8;

/// Most cost of messages that go to a channel together, unless one alone has
/// more. Enough that waking the channel does not count, and little beside what
/// the peers of a channel take turns with.
constexpr size_t run_cost_max = size_t{16} * 1024;

/// What is withheld when the connection may have stopped reading. It goes on
/// with the other channels if each has a window of its own.
constexpr size_t withheld_max(window_scope windows) {
  return windows == window_scope::channel ? SIZE_MAX
                                          : connection_read_window - report_min;
}

struct peer_receiver_state {
  static inline const char* name = "troupe.peer-receiver";

  using message_queue = compact_queue<inbound_message>;

  /// What goes on on a channel.
  struct lane {
    const inbound_route* route; // Of the plan.
    traffic_meter meter;
    /// Of messages that are shed. Null until there is one.
    caf::telemetry::int_counter* stalled = nullptr;
    /// What waits behind a large message that is with the decoder. Null if
    /// there is none.
    std::unique_ptr<message_queue> behind = {};
    /// What goes to the channel next.
    std::vector<inbound_envelope> run = {};
    size_t run_cost = 0;
    size_t last_run = 0; // In messages.

    [[nodiscard]] bool idle() const {
      return !behind && run.empty() && meter.empty();
    }
  };

  peer_receiver_state(peer_receiver_actor::pointer ptr, connection_ref from,
                      connection_actor its_connection, window_scope windows,
                      const caf::actor& node_router, decoder_actor node_decoder,
                      channel_plan_ptr channels, uint32_t its_weight,
                      metrics count)
    : self(ptr),
      peer(from),
      connection(std::move(its_connection)),
      router(node_router.address()),
      decoder(std::move(node_decoder)),
      plan(std::move(channels)),
      weight(its_weight),
      counters(std::move(count)),
      losses(ptr, router),
      account(withheld_max(windows)) {}

  peer_receiver_actor::behavior_type make_behavior() {
    return {
        [this](credit_atom, channel_id id, size_t cost) {
          give_back(id, account.returned(id, cost));
        },
        [this](errored_atom) { condemned = true; },
        [this](caf::close_atom, channel_id id) { channel_ended(id); },
        [this](caf::close_atom) {
          closing = true;
          quit_if_done();
        },
        [this](inbound_batch& batch) {
          for (auto& message : batch)
            receive(message);
          for (auto& [id, each] : lanes)
            each.meter.flush();
          hand_over_all();
          watch_channels();
          lanes.trim(std::mem_fn(&lane::idle));
        },
        [this](skipped_atom, const std::vector<channel_tally>& counts) {
          skipped(counts);
        },
    };
  }

  /// The router hears of each channel once.
  void skipped(const std::vector<channel_tally>& counts) {
    for (const auto& entry : counts) {
      counters.dropped(entry.channel, direction::inbound, "unknown_channel",
                       entry.messages);
      if (unknown.test(entry.channel))
        continue;
      unknown.set(entry.channel);
      if (auto to = caf::actor_cast<router_actor>(router))
        self->send(to, skipped_atom_v, peer, entry.channel);
    }
  }

  void receive(inbound_message& message) {
    auto* which = lane_of(message.channel);
    if (which == nullptr) {
      drop(message.channel, read_cost(message.body.size()), "unknown_channel");
      return;
    }
    which->meter.add(message.body.size());
    if (which->behind)
      which->behind->push_back(std::move(message));
    else
      decode(*which, std::move(message));
  }

  /// Null if we did not have the channel when the connection was made.
  lane* lane_of(channel_id id) {
    if (auto i = lanes.find(id); i != lanes.end())
      return &i->second;
    auto i = plan->inbound.find(id);
    if (i == plan->inbound.end())
      return nullptr;
    return &lanes.emplace(id, {&i->second, traffic_meter{i->second.counters}});
  }

  /// Null if it has ended, or is about to.
  [[nodiscard]] channel_actor channel_of(channel_id id,
                                         const inbound_route& route) const {
    return ended.test(id) ? channel_actor{}
                          : caf::actor_cast<channel_actor>(route.channel);
  }

  void decode(lane& which, inbound_message message) {
    const auto cost = read_cost(message.body.size());
    if (condemned) {
      // Its cost is not given back: nothing more is to be read.
      drop(message.channel, 0, "peer_erred");
      return;
    }
    // Whether it still lives when it gets a run is seen then.
    if (which.run.empty() && !channel_of(message.channel, *which.route)) {
      drop(message.channel, cost, "channel_closed");
      return;
    }
    if (account.sheds(message.channel)) {
      shed(which, message.channel);
      spent(message.channel, cost);
      return;
    }
    if (message.body.size() > decoded_in_place_max) {
      ask_decoder(which, std::move(message));
      return;
    }
    auto size = which.route->codec->weigh(message.body);
    if (!size) {
      erred(message.channel, cost, size.error());
      return;
    }
    auto content = which.route->codec->decode(
        message.body, arenas.next(message.channel, which.run.size(), *size));
    if (content)
      deliver(message.channel, which, std::move(*content), cost, *size);
    else
      erred(message.channel, cost, content.error());
  }

  void ask_decoder(lane& which, inbound_message message) {
    which.behind = std::make_unique<message_queue>();
    const auto cost = read_cost(message.body.size());
    self->request(decoder, caf::infinite,
                  decode_job{which.route->codec, std::move(message.body)})
        .then(
            [this, id = message.channel, cost](payload& content,
                                               uint64_t size) {
              auto& from = lanes.at(id);
              if (condemned)
                drop(id, 0, "peer_erred");
              else
                deliver(id, from, std::move(content), cost, size);
              go_on(from);
            },
            [this, id = message.channel, cost](const caf::error& why) {
              if (auto code = code_of(why, errc::none); code != errc::none)
                erred(id, cost, {code, text_of(why)});
              else
                drop(id, cost, "decoder_failed");
              go_on(lanes.at(id));
            });
  }

  /// Takes what had to wait for the decoder.
  void go_on(lane& which) {
    auto waiting = std::exchange(which.behind, nullptr);
    while (!which.behind && !waiting->empty())
      decode(which, waiting->take_front());
    // The next large one was among them.
    if (which.behind)
      *which.behind = std::move(*waiting);
    hand_over_all();
    watch_channels();
    lanes.trim(std::mem_fn(&lane::idle));
    quit_if_done();
  }

  void quit_if_done() {
    if (!closing || std::any_of(lanes.begin(), lanes.end(), [](const auto& x) {
          return x.second.behind != nullptr;
        }))
      return;
    // Behind all that the peer has said.
    for (const auto& [id, route] : plan->inbound)
      if (auto to = channel_of(id, route))
        self->send(to, remove_peer_atom_v, peer);
    self->quit();
  }

  /// @param cost what the message took of the read window.
  /// @param size what it takes at most, now that it is decoded. Above its cost
  ///             the connection is charged for that, and gets all of it back
  ///             together.
  void deliver(channel_id id, lane& which, payload content, size_t cost,
               size_t size) {
    // It may have come to that while the message was with the decoder. What the
    // channel returns of it would count for nothing then.
    if (account.sheds(id)) {
      shed(which, id);
      spent(id, cost);
      return;
    }
    if (which.route->on_full == overflow::drop) {
      // The channel bounds what it has; the peer never waits for it.
      spent(id, cost);
      cost = std::max(cost, size);
    } else if (size > cost) {
      add_cost(charged, id, size - cost);
      cost = size;
    }
    if (which.run.empty())
      which.run.reserve(which.last_run);
    which.run.push_back({peer.peer, id, peer.generation, std::move(content)});
    which.run_cost += cost;
    if (which.run_cost >= run_cost_max || !which.route->together
        || which.route->on_full == overflow::drop)
      hand_over(id, which);
  }

  void hand_over_all() {
    for (auto& [id, each] : lanes)
      hand_over(id, each);
  }

  /// Gives the channel what there is for it, as one message.
  void hand_over(channel_id id, lane& which) {
    if (which.run.empty())
      return;
    const auto cost = std::exchange(which.run_cost, 0);
    which.last_run = which.run.size();
    arenas.end(id);
    auto run = std::exchange(which.run, {});
    const auto waits = which.route->on_full == overflow::wait;
    if (auto to = channel_of(id, *which.route)) {
      if (waits)
        add_cost(windows_back, id,
                 account.delivered(id,
                                   {which.route->hold_max, which.route->window},
                                   cost, now()));
      self->send(to, deliver_atom_v, std::move(run), cost, weight);
      return;
    }
    counters.dropped(id, direction::inbound, "channel_closed",
                     static_cast<uint32_t>(run.size()));
    if (waits)
      spent(id, cost);
  }

  /// @param cost what the connection gets back for it.
  void drop(channel_id id, size_t cost, std::string_view reason) {
    counters.dropped(id, direction::inbound, reason);
    spent(id, cost);
  }

  /// We are done with messages, or have only their memory.
  void spent(channel_id id, const read_credit& what) {
    add_cost(windows_back, id, what.window);
    memory_back += what.memory;
  }

  /// We are done with messages that no channel has.
  void spent(channel_id id, size_t cost) {
    spent(id, {cost, cost});
  }

  void shed(lane& which, channel_id id) {
    reachable<"troupe: a message is shed as its reactor has stalled">();
    if (which.stalled == nullptr)
      which.stalled = counters.drops(id, direction::inbound, "reactor_stalled");
    which.stalled->inc();
    losses.add({id, direction::inbound, "reactor_stalled"});
  }

  void erred(channel_id id, size_t cost, const failure& what) {
    drop(id, cost, to_string(what.code));
    if (condemned)
      return;
    condemned = true;
    // What came before the mistake counts.
    hand_over_all();
    report(what);
  }

  void report(const failure& what) {
    if (auto to = caf::actor_cast<router_actor>(router))
      self->send(to, errored_atom_v, peer,
                 peer_error{peer.peer, what.code, what.context});
  }

  /// What a channel leaves behind must not keep the connection from reading
  /// for the others.
  void channel_ended(channel_id id) {
    ended.set(id);
    give_back(id, account.ended(id));
  }

  /// Nor must a channel whose reactor has stalled.
  void watch_channels() {
    for (const auto& freed : account.tick(now()))
      add_cost(windows_back, freed.channel, freed.cost);
    report_credit();
    if (auto when = account.next_wakeup())
      wakeup.set(self, *when, [this] { watch_channels(); });
  }

  void give_back(channel_id id, const read_credit& what) {
    spent(id, what);
    report_credit();
  }

  /// Many messages share one report, since each wakes the connection. A charge
  /// comes before the credit for it.
  void report_credit() {
    if (!charged.empty())
      self->send(connection, charge_atom_v, std::exchange(charged, {}));
    const auto most = std::max(total_cost(windows_back), memory_back);
    if (most < report_min && (account.held() > 0 || most == 0))
      return;
    self->send(connection, credit_atom_v, std::exchange(windows_back, {}),
               std::exchange(memory_back, 0));
  }

  [[nodiscard]] time_point now() const {
    return self->system().clock().now();
  }

  peer_receiver_actor::pointer self;
  connection_ref peer;
  connection_actor connection;
  caf::actor_addr router;
  decoder_actor decoder;
  channel_plan_ptr plan;
  uint32_t weight;
  channel_map<lane> lanes; // Where something goes on.
  alarm wakeup;
  channel_set ended;   // Those of the plan that ended since.
  channel_set unknown; // Of messages that were skipped.
  run_arenas arenas;
  metrics counters;
  shed_report<peer_receiver_actor::pointer> losses;
  read_account account;
  // What the connection has yet to hear of: what it gets back, and what
  // decoding took beyond the cost.
  std::vector<channel_credit> windows_back;
  size_t memory_back = 0;
  std::vector<channel_credit> charged;
  bool condemned = false; // The peer erred, and we only wait for the end.
  bool closing = false;   // Only waits for the decoder.
};

} // namespace

peer_receiver_actor
spawn_peer_receiver(caf::actor_system& sys, connection_ref peer,
                    connection_actor connection, window_scope windows,
                    const caf::actor& router, decoder_actor decoder,
                    channel_plan_ptr plan, uint32_t weight, metrics counters) {
  return spawn_state<peer_receiver_state, peer_receiver_actor>(
      sys, peer, std::move(connection), windows, router, std::move(decoder),
      std::move(plan), weight, counters);
}

} // namespace troupe
