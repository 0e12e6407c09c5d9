// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/connection_table.hpp"

namespace troupe {

/// Connections of which we should ask whether they still live, because their
/// peers came in again: either that is a mistake, or a peer has lost its
/// connection in a way that we did not notice.
class probe_queue {
public:
  /// @param pause the least time between two such questions.
  explicit probe_queue(duration pause) : pause_(pause) {}

  /// A connected peer came in once more.
  void doubt(const node_id& id, connection_table& connections, time_point now);

  /// Returns a connection to ask about. From now on it counts as silent.
  std::optional<connection_ref> next(connection_table& connections,
                                     time_point now);

  /// Something arrived on that connection.
  static void active(const connection_ref& which,
                     connection_table& connections);

  /// That connection is gone.
  void forget(const connection_ref& which) {
    std::erase(waiting_, which);
  }

private:
  duration pause_;
  std::deque<connection_ref> waiting_;
};

} // namespace troupe
