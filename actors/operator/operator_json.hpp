// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/operator/limits_patch.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/peer_report.hpp"

namespace troupe {

// What operators read, as JSON on one line with a line feed behind it.
// README.md of this folder describes each shape. Text that a peer chose is
// escaped to ASCII, and what is no UTF-8 in it is replaced.

/// `{"peers": [...]}`.
std::string to_json(const std::vector<peer_report>& peers);

/// Limits by their names in the options; null is no limit.
std::string to_json(const operator_limits& limits);

/// An event, with the time of day.
std::string to_json(const node_event& event, const node_id& self,
                    wall_time when);

/// `peer_up` or `peer_down`.
std::string to_json(const peer_update& update, wall_time when);

/// That `count` events were lost because the reader was too slow.
std::string lost_json(uint64_t count, wall_time when);

/// A node: who it is and where it listens.
std::string node_json(const node_id& self,
                      const std::vector<endpoint>& endpoints);

/// That a node answers.
std::string health_json(bool listens);

} // namespace troupe
