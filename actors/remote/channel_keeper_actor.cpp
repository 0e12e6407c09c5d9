// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/remote/channel_keeper_actor.hpp"

#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/qos/shed_report.hpp"
#include "troupe/actors/remote/remote_channel.hpp"
#include "troupe/actors/remote/remote_channel_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/proto/raw.pb.h"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

struct channel_keeper_state {
  static inline const char* name = "troupe.channel-keeper";

  /// A newcomer who has to wait until it is known whether the old end lives.
  struct candidate {
    caf::typed_response_promise<caf::actor, caf::actor> promise;
    remote_channel wanted;
    caf::actor end;
  };

  /// What the reactor has and is not done with.
  struct delivered {
    caf::typed_response_promise<void> promise;
    uint32_t messages;
  };

  channel_keeper_state(channel_keeper_actor::pointer ptr,
                       const caf::actor& node_router, remote_channel opened,
                       caf::actor first_end, metrics count)
    : self(ptr),
      router(node_router.address()),
      what(std::move(opened)),
      counters(std::move(count)),
      end(std::move(first_end)),
      shed(ptr, router),
      lines(ptr) {}

  ~channel_keeper_state() {
    // It may outlive us.
    if (end)
      self->demonitor(end);
  }

  channel_keeper_actor::behavior_type make_behavior() {
    // The channel, which is linked to us, has ended.
    self->set_exit_handler(
        [this](caf::exit_msg& msg) { finish(std::move(msg.reason)); });
    self->set_down_handler([this](const caf::down_msg& msg) {
      if (end && msg.source == end.address())
        ended(msg.reason);
    });
    take(std::exchange(end, nullptr));
    return {
        [this](attach_atom, const caf::actor& which) {
          channel = which.address();
        },
        [this](attach_atom, const remote_channel& wanted,
               const caf::actor& who) { return attach(wanted, who); },
        [this](finish_atom, uint64_t number, const caf::error& reason) {
          done(number, reason);
        },
        [this](inbound_envelope& in) { return deliver(std::move(in), 1); },
        [this](std::vector<inbound_envelope>& in) {
          const auto count = static_cast<uint32_t>(in.size());
          return deliver(std::move(in), count);
        },
    };
  }

  // -- ends that come and go --------------------------------------------------

  caf::result<caf::actor, caf::actor> attach(const remote_channel& wanted,
                                             const caf::actor& who) {
    auto promise = self->make_response_promise<caf::actor, caf::actor>();
    settle({promise, wanted, who});
    return promise;
  }

  void settle(candidate newcomer) {
    const auto opened = caf::actor_cast<caf::actor>(channel);
    if (closing) {
      newcomer.promise.deliver(caf::make_error(errc::invalid_state));
    } else if (end && opened) {
      candidates.push_back(std::move(newcomer));
      ask_whether_it_lives();
    } else if (!opened || newcomer.wanted != what) {
      newcomer.promise.deliver(caf::make_error(errc::invalid_state));
      finish(caf::make_error(errc::channels_changed,
                             "its reactor comes back for another one"));
    } else {
      take(newcomer.end);
      newcomer.promise.deliver(caf::actor_cast<caf::actor>(self), opened);
    }
  }

  void take(const caf::actor& who) {
    if (was_there) {
      reachable<"troupe: a reactor of another process comes back">();
      lines.info("reactor_is_back", "channel={:#04x}", what.descriptor.id);
    }
    was_there = true;
    patience.cancel();
    end = who;
    self->monitor(end);
  }

  /// Whoever sees a reactor go can be quicker to open a new channel than we are
  /// to hear of it.
  void ask_whether_it_lives() {
    if (std::exchange(asking, true))
      return;
    self->request(end, caf::infinite, active_atom_v)
        .then(
            [this, of = end.address()] {
              if (!end || end.address() != of)
                return;
              asking = false;
              for (auto& each : std::exchange(candidates, {}))
                each.promise.deliver(caf::make_error(
                    errc::duplicate_channel, display_name(what.descriptor)));
            },
            [this, of = end.address()](const caf::error&) {
              if (end && end.address() == of)
                finish({});
            });
  }

  void ended(const caf::error& reason) {
    end = nullptr;
    if (reason == caf::exit_reason::remote_link_unreachable)
      lost(reason);
    else if (reason)
      finish(reason);
    else
      close();
  }

  /// Closes the channel behind what was sent to it before.
  void close() {
    closing = true;
    auto done = [this] { finish({}); };
    if (auto to = caf::actor_cast<channel_actor>(channel))
      self->request(to, caf::infinite, caf::close_atom_v)
          .then(done, [done](const caf::error&) { done(); });
    else
      done();
  }

  /// The process of the reactor has died, or cannot be reached.
  void lost(const caf::error& reason) {
    uint32_t messages = 0;
    for (auto& [number, each] : std::exchange(unfinished, {})) {
      messages += each.messages;
      each.promise.deliver();
    }
    count_shed(messages);
    lines.warn("reactor_lost", "channel={:#04x} reason={} keeps_for_ms={}",
               what.descriptor.id, log_text(text_of(reason)),
               std::chrono::duration_cast<std::chrono::milliseconds>(
                   what.descriptor.reattach_time)
                   .count());
    if (what.descriptor.reattach_time == duration::zero()) {
      give_up();
      return;
    }
    patience.set(self,
                 self->system().clock().now() + what.descriptor.reattach_time,
                 [this] { give_up(); });
    asking = false;
    for (auto& each : std::exchange(candidates, {}))
      settle(std::move(each));
  }

  void give_up() {
    finish(caf::make_error(
        errc::node_lost,
        "the process of its reactor is gone, and none came back in time"));
  }

  // -- messages ---------------------------------------------------------------

  template <class T>
  caf::result<void> deliver(T in, uint32_t messages) {
    if (!end) {
      count_shed(messages);
      return caf::unit;
    }
    auto promise = self->make_response_promise<void>();
    unfinished.emplace(++last_number, delivered{promise, messages});
    self->send(caf::actor_cast<remote_channel_actor>(end), deliver_atom_v,
               last_number, std::move(in));
    return promise;
  }

  void done(uint64_t number, const caf::error& reason) {
    auto i = unfinished.find(number);
    // An end that was given up may still say something.
    if (i == unfinished.end() || self->current_sender() != end)
      return;
    auto promise = std::move(i->second.promise);
    unfinished.erase(i);
    if (reason)
      promise.deliver(reason);
    else
      promise.deliver();
  }

  void count_shed(uint32_t messages) {
    if (messages == 0)
      return;
    constexpr auto away = "reactor_away";
    counters.dropped(what.descriptor.id, direction::inbound, away, messages);
    shed.add({what.descriptor.id, direction::inbound, away}, messages);
  }

  void finish(caf::error reason) {
    for (auto& [number, each] : std::exchange(unfinished, {}))
      each.promise.deliver();
    for (auto& each : std::exchange(candidates, {}))
      each.promise.deliver(caf::make_error(errc::invalid_state));
    // It may not see us go, if it does not know us yet.
    if (end)
      self->send(caf::actor_cast<remote_channel_actor>(end), caf::close_atom_v,
                 reason);
    self->quit(std::move(reason));
  }

  channel_keeper_actor::pointer self;
  caf::actor_addr router;
  remote_channel what;
  metrics counters;
  caf::actor_addr channel;
  caf::actor end; // In the other process; null while there is none.
  bool was_there = false;
  bool asking = false; // Whether the end lives.
  bool closing = false;
  std::map<uint64_t, delivered> unfinished;
  uint64_t last_number = 0;
  std::vector<candidate> candidates;
  alarm patience;
  shed_report<channel_keeper_actor::pointer> shed;
  event_log lines;
};

} // namespace

std::pair<channel_keeper_actor, channel_actor>
spawn_kept_channel(caf::actor_system& sys, const caf::actor& router,
                   const remote_channel& what, const caf::actor& end,
                   const metrics& counters, const std::string& queue_type) {
  auto keeper = spawn_state<channel_keeper_state, channel_keeper_actor>(
      sys, router, what, end, counters);
  auto channel = spawn_byte_channel(
      sys, router, caf::actor_cast<caf::actor>(keeper), what.descriptor,
      exchange_rules{wire_answers{what.answers}}, counters, queue_type,
      what.in_batches ? delivery::in_batches : delivery::one_by_one);
  caf::anon_send(keeper, attach_atom_v, caf::actor_cast<caf::actor>(channel));
  return {keeper, channel};
}

} // namespace troupe
