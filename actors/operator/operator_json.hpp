// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "troupe/actors/operator/limits_patch.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/peerstore/rules/peer_report.hpp"

namespace troupe {

// What operators read, as JSON on one line with a line feed behind it.
// README.md of this folder describes each shape. Text that a peer chose is
// escaped to ASCII, and what is no UTF-8 in it is replaced.

/// `{"peers": [...]}`.
std::string to_json(const std::vector<peer_report>& peers);

/// What became of a list of addresses: how many are new, were known already,
/// and break a rule.
std::string added_json(uint64_t fresh, uint64_t known, uint64_t refused);

/// Limits by their names in the options; null is no limit.
std::string to_json(const operator_limits& limits);

/// A node: who it is and where it listens.
std::string node_json(const node_id& self,
                      const std::vector<endpoint>& endpoints);

} // namespace troupe
