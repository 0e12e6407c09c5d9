// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/update_log.hpp"

#include <cmath>

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
  return result;
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
                      errc reason) {
  auto& update = content_.emplace_back(about(id, &which, peer_status::down));
  update.reason = reason;
}

void update_log::judged(const node_id& id, const live_connection* which,
                        bool good, double score) {
  auto status = good ? peer_status::good : peer_status::bad;
  auto& update = content_.emplace_back(about(id, which, status));
  update.score_milli = std::llround(score * 1000);
}

void update_log::banned(const node_id& id, const live_connection* which,
                        errc reason) {
  auto& update = content_.emplace_back(about(id, which, peer_status::banned));
  update.reason = reason;
}

} // namespace troupe
