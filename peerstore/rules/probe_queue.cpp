// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/probe_queue.hpp"

#include <algorithm>

#include "troupe/messages/property.hpp"

namespace troupe {

void probe_queue::doubt(const node_id& id, connection_table& connections,
                        time_point now) {
  const auto& existing = *connections.to(id);
  auto last = existing.doubted_at.value_or(existing.since);
  if (!existing.stays() || now - last < pause_)
    return;
  auto which = connection_ref{id, existing.generation};
  if (std::find(waiting_.begin(), waiting_.end(), which) != waiting_.end())
    return;
  connections.update(id, [now](auto& what) { what.doubted_at = now; });
  waiting_.push_back(which);
}

std::optional<connection_ref> probe_queue::next(connection_table& connections,
                                                time_point now) {
  if (waiting_.empty())
    return std::nullopt;
  auto which = waiting_.front();
  waiting_.pop_front();
  connections.update(which.peer, [now](auto& what) {
    if (!what.probed_at)
      what.probed_at = now;
  });
  return which;
}

void probe_queue::active(const connection_ref& which,
                         connection_table& connections) {
  reachable<"troupe: a connection in doubt proves to be alive">();
  if (connections.find(which) != nullptr)
    connections.update(which.peer, [](auto& what) { what.probed_at.reset(); });
}

} // namespace troupe
