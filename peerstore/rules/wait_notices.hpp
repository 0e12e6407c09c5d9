// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "troupe/messages/node_id.hpp"
#include "troupe/peerstore/rules/connection_policy.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"
#include "troupe/peerstore/rules/wait_notice.hpp"

namespace troupe {

/// Says which peers have to wait, and why, until somebody listens.
class wait_notices {
public:
  /// Most that are kept; the oldest is dropped first.
  static constexpr size_t max_size = 256;

  /// Something went wrong with a peer. Notes it, if there is a wait that is
  /// worth a word.
  void consider(const node_id& id, const peer_ledger& state,
                const connection_policy& connections);

  std::optional<wait_notice> next();

private:
  std::deque<wait_notice> content_;
};

} // namespace troupe
