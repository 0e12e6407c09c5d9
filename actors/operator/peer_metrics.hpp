// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "troupe/actors/operator/metrics_text.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/peerstore/rules/peer_report.hpp"

namespace troupe {

/// Writes what is known of single peers, those of the reports that are
/// connected. It is no part of CAF's registry, which would keep everybody who
/// was ever there.
/// @param prefix what all names begin with, `cometbft_p2p`.
/// @param node whose peers they are.
void append_peers(metrics_text& to, std::string_view prefix,
                  const node_id& node, const std::vector<peer_report>& peers);

} // namespace troupe
