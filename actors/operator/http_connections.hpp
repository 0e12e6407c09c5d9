// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "troupe/actors/operator/http_limits.hpp"

namespace troupe {

/// The connections of an HTTP server, and how long each may go on.
///
///     idle -> busy -> idle ...
///               \ -> streaming
///
/// A plain class: time comes in as `now`, and it says who has to end.
class http_connections {
public:
  /// Identifies a connection.
  using key = uint64_t;

  explicit http_connections(const http_limits& limits) : limits_(limits) {}

  /// Whether there is room for another one.
  [[nodiscard]] bool has_room() const {
    return open_.size() < limits_.max_connections;
  }

  /// The connection that should make way for a new one, if any may.
  [[nodiscard]] std::optional<key> longest_idle() const;

  void opened(key which, time_point now);

  /// The headers of a request are there.
  void began(key which, time_point now);

  /// The request has become a stream, or would be one too many. @returns
  /// whether it has.
  bool streams(key which, time_point now);

  /// The reader of a stream took something.
  void progressed(key which, time_point now);

  /// The answer is on its way in full.
  void finished(key which, time_point now);

  void closed(key which) {
    open_.erase(which);
  }

  /// Those whose time is over. Each is told once.
  std::vector<key> expired(time_point now);

  /// When `expired` may have a new answer.
  [[nodiscard]] std::optional<time_point> next_deadline() const;

  [[nodiscard]] size_t size() const {
    return open_.size();
  }

private:
  enum class phase : uint8_t { idle, busy, streaming, ending };

  struct entry {
    phase what = phase::idle;
    time_point deadline = {};
  };

  void enter(key which, phase what, time_point deadline);

  http_limits limits_;
  std::map<key, entry> open_;
};

} // namespace troupe
