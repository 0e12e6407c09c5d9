// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"

namespace troupe {

/// What an event says, in order, as an object.
using event_fields = nlohmann::ordered_json;

/// An event as operators read it, whether a program prints it or the node's
/// server sends it: README.md of this folder has the words of each.
struct event_words {
  std::string name;
  event_fields fields = event_fields::object();
};

/// Describes an event of the node `self`.
event_words in_words(const node_event& event, const node_id& self);

/// Describes *up* or *down*.
event_words in_words(const peer_update& update);

/// Says that `count` events are missing, as their reader was too slow.
event_words lost_in_words(uint64_t count);

} // namespace troupe
