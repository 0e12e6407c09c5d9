// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/sink.hpp"

#include <chrono>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/proto/raw.pb.h"
#include "troupe/samples/troupe/channel_list.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

struct sink_state {
  static inline const char* name = "troupe.sink";

  sink_state(caf::event_based_actor* ptr, node where, channel_id which,
             event_printer& printer)
    : self(ptr),
      home(std::move(where)),
      id(which),
      out(printer) {}

  caf::behavior make_behavior() {
    // Any bytes are a `RawMessage`, so no peer can do wrong here.
    home.open_channel<RawMessage>(self, {.id = id, .name = "sink"});
    self->set_exit_handler([this](caf::exit_msg& msg) {
      print();
      self->quit(std::move(msg.reason));
    });
    self->delayed_send(self, 1s, caf::tick_atom_v);
    return {
        [this](const inbound_envelope& in) {
          ++messages;
          bytes_in += in.message.as<RawMessage>()->body().size();
        },
        [this](caf::tick_atom) {
          if (messages > printed)
            print();
          self->delayed_send(self, 1s, caf::tick_atom_v);
        },
    };
  }

  void print() {
    printed = messages;
    out.print("sink", {{"channel", to_text(id)},
                       {"messages", messages},
                       {"bytes", bytes_in}});
  }

  caf::event_based_actor* self;
  node home;
  channel_id id;
  event_printer& out;
  uint64_t messages = 0;
  uint64_t bytes_in = 0;
  uint64_t printed = 0;
};

} // namespace

caf::actor spawn_sink(caf::actor_system& sys, const node& where, channel_id id,
                      event_printer& out) {
  return sys.spawn<caf::stateful_actor<sink_state>>(where, id, std::ref(out));
}

} // namespace troupe::command
