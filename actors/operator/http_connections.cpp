// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_connections.hpp"

#include <algorithm>

namespace troupe {

std::optional<http_connections::key> http_connections::longest_idle() const {
  std::optional<key> result;
  time_point earliest = time_point::max();
  for (const auto& [which, x] : open_)
    if (x.what == phase::idle && x.deadline < earliest) {
      earliest = x.deadline;
      result = which;
    }
  return result;
}

void http_connections::opened(key which, time_point now) {
  open_[which] = {phase::idle, now + limits_.idle_time};
}

void http_connections::began(key which, time_point now) {
  enter(which, phase::busy, now + limits_.request_time);
}

bool http_connections::streams(key which, time_point now) {
  auto streaming = std::count_if(open_.begin(), open_.end(), [](const auto& x) {
    return x.second.what == phase::streaming;
  });
  if (static_cast<size_t>(streaming) >= limits_.max_streams)
    return false;
  enter(which, phase::streaming, now + limits_.stream_time);
  return true;
}

void http_connections::progressed(key which, time_point now) {
  if (auto i = open_.find(which);
      i != open_.end() && i->second.what == phase::streaming)
    i->second.deadline = now + limits_.stream_time;
}

void http_connections::finished(key which, time_point now) {
  enter(which, phase::idle, now + limits_.idle_time);
}

std::vector<http_connections::key> http_connections::expired(time_point now) {
  std::vector<key> result;
  for (auto& [which, x] : open_)
    if (x.deadline <= now) {
      x = {phase::ending, time_point::max()};
      result.push_back(which);
    }
  return result;
}

std::optional<time_point> http_connections::next_deadline() const {
  std::optional<time_point> result;
  for (const auto& [which, x] : open_)
    if (x.what != phase::ending && (!result || x.deadline < *result))
      result = x.deadline;
  return result;
}

/// Whoever has to end does not begin anything new.
void http_connections::enter(key which, phase what, time_point deadline) {
  if (auto i = open_.find(which);
      i != open_.end() && i->second.what != phase::ending)
    i->second = {what, deadline};
}

} // namespace troupe
