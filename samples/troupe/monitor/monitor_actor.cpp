// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/monitor/monitor_actor.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/messages/protocol_name.hpp"
#include "troupe/proto/raw.pb.h"

namespace troupe::command {

namespace {

struct monitor_state {
  static inline const char* name = "troupe.monitor";

  monitor_state(caf::event_based_actor* ptr, node where, monitor_options what)
    : self(ptr),
      home(std::move(where)),
      how(std::move(what)),
      tally(self->clock().now()) {}

  caf::behavior make_behavior() {
    for (const auto id : how.channels) {
      // Nobody is held up by a listener: what it is too slow for, it misses.
      auto wire = home.open_channel<RawMessage>(
          self, {.id = id, .on_full = overflow::drop, .name = "monitor"});
      if (id == round_step_channel)
        state_channel = std::move(wire);
      else if (id == status_channel)
        question_channel = std::move(wire);
    }
    home.subscribe(self);
    self->set_exit_handler([this](caf::exit_msg& msg) {
      tell();
      self->quit(std::move(msg.reason));
    });
    self->delayed_send(self, how.interval, caf::tick_atom_v);
    return {
        [this](const inbound_envelope& in) { hear(in); },
        [this](const peer_update& update) {
          if (update.status == peer_status::up)
            came(update);
          else if (update.status == peer_status::down)
            tally.gone(update.peer);
        },
        [this](caf::tick_atom) {
          tell();
          self->delayed_send(self, how.interval, caf::tick_atom_v);
        },
    };
  }

  /// Over libp2p, CometBFT counts somebody as a peer only once it has had a
  /// message of his, and says nothing before.
  void came(const peer_update& update) {
    tally.came(update.peer);
    const auto& has = update.info.channels;
    if (update.info.remote.protocol != quic_protocol || !asks_status()
        || std::ranges::find(has, status_channel) == has.end())
      return;
    RawMessage question;
    question.set_body(std::string{status_request});
    question_channel.send(update.peer, question);
  }

  bool asks_status() const {
    return std::ranges::find(how.channels, status_channel)
           != how.channels.end();
  }

  void hear(const inbound_envelope& in) {
    const auto& raw = *in.message.as<RawMessage>();
    const auto what
        = read_spoken(in.channel, std::as_bytes(std::span{raw.body()}));
    tally.add(in.from, in.channel, what, raw.body().size());
    if (in.channel == round_step_channel && what.kind == round_step
        && raw.body().size() <= round_step_size_max)
      state_channel.send_latest(in.from, std::string{round_step}, raw);
  }

  void tell() {
    how.on_lines(tally.take(self->clock().now(), how.by_peer));
  }

  caf::event_based_actor* self;
  node home;
  monitor_options how;
  message_tally tally;
  channel<RawMessage> state_channel;
  channel<RawMessage> question_channel;
};

} // namespace

caf::actor spawn_monitor(caf::actor_system& sys, const node& where,
                         monitor_options how) {
  return sys.spawn<caf::stateful_actor<monitor_state>>(where, std::move(how));
}

} // namespace troupe::command
