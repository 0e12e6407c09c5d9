// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/reporter.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>

namespace troupe::command {

namespace {

void print(event_printer& out, const peer_update& update) {
  const auto peer = to_string(update.peer);
  if (update.status == peer_status::down) {
    out.print("peer_down", {{"peer", peer},
                            {"reason", std::string{to_string(update.reason)}}});
    return;
  }
  out.print(
      "peer_up",
      {{"peer", peer},
       {"address", to_string(to_address(update.info.remote, update.peer))},
       {"direction", std::string{to_string(update.way)}},
       {"moniker", update.info.moniker}});
}

void print_channel(event_printer& out, std::string_view name,
                   const node_event& event) {
  out.print(name, {{"channel", fmt::format("{:#04x}", event.channel)},
                   {"reason", event.reason}});
}

void print(event_printer& out, const node_event& event, const node_id& self) {
  switch (event.what) {
    case node_event::kind::listening:
      out.print("listening", {{"endpoint", to_string(event.where)},
                              {"node_id", to_string(self)}});
      break;
    case node_event::kind::dial_failed:
      out.print("dial_failed", {{"address", to_string(event.address)},
                                {"reason", event.reason}});
      break;
    case node_event::kind::refused: {
      // Where from is not always known.
      auto fields = event_printer::fields::object();
      if (event.where.ip)
        fields["endpoint"] = to_string(event.where);
      fields["reason"] = event.reason;
      out.print("refused", fields);
      break;
    }
    case node_event::kind::peer_error:
      out.print("peer_error", {{"peer", to_string(event.peer)},
                               {"error", std::string{to_string(event.code)}},
                               {"reason", event.reason}});
      break;
    case node_event::kind::channel_closed:
      print_channel(out, "channel_closed", event);
      break;
    case node_event::kind::channel_refused:
      print_channel(out, "channel_refused", event);
      break;
    case node_event::kind::waiting_for_channels:
      out.print("waiting_for_channels", {{"reason", event.reason}});
      break;
    case node_event::kind::peer_waiting:
      out.print(
          "peer_waiting",
          {{"peer", to_string(event.peer)},
           {"wait_ms",
            std::chrono::ceil<std::chrono::milliseconds>(event.wait).count()},
           {"reason", event.reason}});
      break;
  }
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
      [out](const peer_update& update) { print(*out, update); },
      [out, id = which.id()](const node_event& event) {
        print(*out, event, id);
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
