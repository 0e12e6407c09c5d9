// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/update_log.hpp"

#include <cmath>

#include "troupe/messages/plain_text.hpp"

namespace troupe {

namespace {

peer_update about(const node_id& id, const live_connection* which,
                  peer_status status) {
  peer_update result;
  result.peer = id;
  result.status = status;
  if (which != nullptr) {
    result.generation = which->generation;
    result.way = which->way;
  }
  return result;
}

peer_update up_update(const node_id& id, const live_connection& which) {
  auto result = about(id, &which, peer_status::up);
  result.info = *which.info;
  result.kept = which.kept;
  result.visitor = which.visits();
  return result;
}

/// A remote may have had a part in the text.
void explain(peer_update& update, const failure& reason) {
  update.reason = reason.code;
  update.text = plain_text(reason.context, update_text_max);
}

} // namespace

std::vector<peer_update> snapshot_of(const connection_table& connections) {
  std::vector<peer_update> result;
  for (const auto& [id, which] : connections.all())
    if (which.info)
      result.push_back(up_update(id, which));
  return result;
}

void update_log::up(const node_id& id, const live_connection& which) {
  content_.push_back(up_update(id, which));
}

void update_log::down(const node_id& id, const live_connection& which,
                      const failure& reason) {
  auto& update = content_.emplace_back(about(id, &which, peer_status::down));
  explain(update, reason);
}

void update_log::judged(const node_id& id, const live_connection* which,
                        bool good, double score) {
  auto status = good ? peer_status::good : peer_status::bad;
  auto& update = content_.emplace_back(about(id, which, status));
  update.score_milli = std::llround(score * 1000);
}

void update_log::banned(const node_id& id, const live_connection* which,
                        const failure& reason) {
  auto& update = content_.emplace_back(about(id, which, peer_status::banned));
  explain(update, reason);
}

} // namespace troupe
