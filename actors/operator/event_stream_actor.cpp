// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_stream_actor.hpp"

#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/actors/operator/event_line.hpp"

namespace troupe {

namespace {

struct event_stream_state {
  static inline const char* name = "troupe.event-stream";

  event_stream_state(caf::event_based_actor* ptr, const node& which,
                     std::shared_ptr<http_desk> to, uint64_t number,
                     duration pause, std::shared_ptr<wall_clock> time)
    : self(ptr),
      where(which),
      desk(std::move(to)),
      request(number),
      heartbeat(pause),
      clock(std::move(time)) {}

  caf::behavior make_behavior() {
    where.subscribe(self);
    where.observe(self);
    beat();
    return {
        [this](const peer_update& update) {
          tell_lost(update.lost);
          tell(in_words(update));
        },
        [this](const node_event& event) {
          tell_lost(event.lost);
          tell(in_words(event, where.id()));
        },
        [this](caf::tick_atom) { beat(); },
        [this](caf::close_atom) {
          desk->end(request);
          self->quit();
        },
    };
  }

  void beat() {
    push("\n");
    self->delayed_send(self, heartbeat, caf::tick_atom_v);
  }

  void tell_lost(uint64_t count) {
    if (count > 0)
      tell(lost_in_words(count));
  }

  void tell(const event_words& event) {
    push(as_json(event, clock->now()) + "\n");
  }

  void push(std::string line) {
    if (!desk->push(request, std::move(line)))
      self->quit();
  }

  caf::event_based_actor* self;
  node where;
  std::shared_ptr<http_desk> desk;
  uint64_t request;
  duration heartbeat;
  std::shared_ptr<wall_clock> clock;
};

} // namespace

caf::actor spawn_event_stream(caf::actor_system& sys, const node& where,
                              std::shared_ptr<http_desk> desk, uint64_t request,
                              duration heartbeat,
                              std::shared_ptr<wall_clock> clock) {
  return sys.spawn<caf::stateful_actor<event_stream_state>>(
      where, std::move(desk), request, heartbeat, std::move(clock));
}

} // namespace troupe
