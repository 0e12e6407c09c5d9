// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_words.hpp"

#include <chrono>

#include <fmt/format.h>

namespace troupe {

event_words in_words(const node_event& event, const node_id& self) {
  using kind = node_event::kind;
  event_words result{.name = to_string(event.what)};
  auto& fields = result.fields;
  if (event.what == kind::listening)
    fields["node_id"] = to_string(self);
  if (event.what == kind::dial_failed)
    fields["address"] = to_string(event.address);
  if (event.what == kind::peer_error || event.what == kind::peer_waiting)
    fields["peer"] = to_string(event.peer);
  const auto has_channel = event.what == kind::channel_closed
                           || event.what == kind::channel_refused
                           || event.what == kind::messages_shed;
  if (has_channel)
    fields["channel"] = fmt::format("{:#04x}", event.channel);
  if (event.what == kind::peer_waiting)
    fields["wait_ms"]
        = std::chrono::ceil<std::chrono::milliseconds>(event.wait).count();
  if (event.what == kind::messages_shed) {
    fields["direction"] = to_string(event.way);
    fields["count"] = event.count;
  }
  // Where from is not always known.
  if (!event.where.protocol.empty())
    fields["endpoint"] = to_string(event.where);
  if (event.code != errc::none)
    fields["error"] = to_string(event.code);
  if (!event.reason.empty())
    fields["reason"] = event.reason;
  return result;
}

event_words in_words(const peer_update& update) {
  const auto is_up = update.status == peer_status::up;
  event_words result{.name = is_up ? "peer_up" : "peer_down"};
  auto& fields = result.fields;
  fields["peer"] = to_string(update.peer);
  fields["direction"] = to_string(update.way);
  if (is_up) {
    fields["address"] = to_string(to_address(update.info.remote, update.peer));
    fields["moniker"] = update.info.moniker;
  } else {
    fields["reason"] = to_string(update.reason);
    if (!update.text.empty())
      fields["text"] = update.text;
  }
  return result;
}

event_words lost_in_words(uint64_t count) {
  return {.name = "lost", .fields = {{"count", count}}};
}

} // namespace troupe
