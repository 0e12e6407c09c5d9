// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <spdlog/common.h>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/operator/caf_lines.hpp"

namespace troupe {

/// The way of log lines to the logger of an actor system, where the
/// configuration of CAF, below `caf.logger`, has that write something and does
/// not exclude the component `troupe`.
///
/// CAF makes whoever logs wait when its queue is full. A detached actor does
/// that for all of a system; it comes with the first `caf_log` and ends, all
/// lines handed over, after the last. The actor system waits for it.
class caf_log {
public:
  /// The component of all our lines.
  static constexpr char component[] = "troupe";

  /// Returns what all in `sys` share, or null if CAF's logger is not to have
  /// our lines.
  static std::shared_ptr<caf_log> of(caf::actor_system& sys);

  explicit caf_log(caf::actor_system& sys);

  caf_log(const caf_log&) = delete;

  caf_log& operator=(const caf_log&) = delete;

  ~caf_log();

  /// Whether a line of that level would be written.
  [[nodiscard]] bool accepts(spdlog::level::level_enum level) const;

  /// Takes a line, unless too many wait already: then it is counted, and a line
  /// tells how many were lost. Never waits.
  void write(spdlog::level::level_enum level, caf::actor_id who,
             std::string line);

private:
  caf::actor_system& sys_;
  std::shared_ptr<caf_lines> lines_;
  caf::actor writer_;
};

} // namespace troupe
