// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include <caf/fwd.hpp>
#include <caf/timestamp.hpp>

namespace troupe {

/// A line on its way to CAF's logger.
struct caf_line {
  /// As CAF counts: `CAF_LOG_LEVEL_ERROR` and the like.
  unsigned level = 0;

  caf::actor_id who = 0;
  std::string text;
  std::thread::id thread = std::this_thread::get_id();
  caf::timestamp time = caf::make_timestamp();
};

/// Lines that wait for whoever writes them, a bounded number. Any thread may
/// call.
class caf_lines {
public:
  explicit caf_lines(size_t lines_max) : lines_max_(lines_max) {}

  /// Takes a line, or counts it as lost if there is no room.
  /// @returns whether nothing has waited before, so that somebody has to tell
  ///          who writes.
  [[nodiscard]] bool push(caf_line line);

  /// Takes all that wait, with a line in the place of those that are lost.
  [[nodiscard]] std::deque<caf_line> take();

private:
  const size_t lines_max_;
  std::mutex mutex_;
  std::deque<caf_line> waiting_;
  uint64_t lost_ = 0;
};

} // namespace troupe
