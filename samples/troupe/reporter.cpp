// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/reporter.hpp"

#include <cstdint>

#include <caf/event_based_actor.hpp>

#include "troupe/actors/operator/event_words.hpp"

namespace troupe::command {

namespace {

void tell_lost(event_printer& out, uint64_t count) {
  if (count > 0)
    out.print(lost_in_words(count));
}

caf::behavior reporter(caf::event_based_actor* self, const node& which,
                       event_printer* out) {
  which.subscribe(self);
  which.observe(self);
  self->monitor(which.router());
  // Behind what the node has said before its end: that it has ended is urgent.
  self->set_down_handler(
      [self](const caf::down_msg&) { self->send(self, caf::close_atom_v); });
  return {
      [out](const peer_update& update) {
        tell_lost(*out, update.lost);
        out->print(in_words(update));
      },
      [out, id = which.id()](const node_event& event) {
        tell_lost(*out, event.lost);
        out->print(in_words(event, id));
      },
      [self](caf::close_atom) { self->quit(); },
  };
}

} // namespace

caf::actor spawn_reporter(caf::actor_system& sys, const node& which,
                          event_printer& out) {
  return sys.spawn(reporter, which, &out);
}

} // namespace troupe::command
