// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace troupe {

/// Lines that wait for a reader. What there is no room for is lost and counted.
/// After that, nothing more is taken until the reader has caught up, so that
/// whatever was lost leaves one gap whose place is known.
class line_buffer {
public:
  /// What a line costs besides its bytes, so that many empty ones have a bound,
  /// too.
  static constexpr size_t overhead = 64;

  /// @param cost_max most bytes that wait, `overhead` included.
  explicit line_buffer(size_t cost_max) : cost_max_(cost_max) {}

  /// Appends a line. @returns whether there was room.
  bool push(std::string line);

  /// Takes the oldest line.
  std::optional<std::string> pop();

  /// Once all lines before the gap are taken: how many were lost there. The gap
  /// ends with that.
  std::optional<uint64_t> end_gap();

  /// Whether there is neither a line nor a gap.
  [[nodiscard]] bool empty() const noexcept {
    return lines_.empty() && lost_ == 0;
  }

  /// Gives up all that waits. @returns how many lines that are, with those that
  /// were lost in the gap.
  uint64_t clear();

private:
  size_t cost_max_;
  size_t cost_ = 0;
  uint64_t lost_ = 0;
  std::deque<std::string> lines_;
};

} // namespace troupe
