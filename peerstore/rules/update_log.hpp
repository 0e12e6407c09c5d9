// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/peerstore/rules/connection_table.hpp"

namespace troupe {

/// Returns the *up* of all connections that are up, ordered by peer.
std::vector<peer_update> snapshot_of(const connection_table& connections);

/// Longest text of an update, in bytes.
inline constexpr size_t update_text_max = 256;

/// Peer updates until they are taken, oldest first.
class update_log {
public:
  /// @pre `which.info` is there.
  void up(const node_id& id, const live_connection& which);

  void down(const node_id& id, const live_connection& which,
            const failure& reason);

  /// A peer did something good or bad.
  /// @param which its connection, if there is one.
  /// @param score the points for its behaviour now.
  void judged(const node_id& id, const live_connection* which, bool good,
              double score);

  void banned(const node_id& id, const live_connection* which,
              const failure& reason);

  std::vector<peer_update> take() {
    return std::exchange(content_, {});
  }

private:
  std::vector<peer_update> content_;
};

} // namespace troupe
