// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/token_bucket.hpp"

namespace troupe {

/// Decides which lines of a log are written, so that remotes that cause many
/// cannot fill a disk with them. Each kind of line has a rate of its own: one
/// that floods does not hide the others. What is left out is counted, and the
/// counts are there to be told once in a while.
///
/// A kind is a word of ours, never a text that came from a remote.
class log_limiter {
public:
  /// How much may be written.
  struct options {
    /// Of each kind.
    rate_limit rate = {1, 100};

    /// How long what is left out is counted before that is told.
    duration summary_interval = std::chrono::seconds{10};
  };

  /// How many lines of a kind were left out.
  struct summary {
    std::string kind;
    uint64_t lines = 0;

    friend bool operator==(const summary&, const summary&) = default;
  };

  log_limiter() : log_limiter(options{}) {}

  explicit log_limiter(options what) : options_(what) {}

  /// @returns whether a line of that kind may be written now. If not, it is
  ///          counted.
  [[nodiscard]] bool admit(std::string_view kind, time_point now);

  /// Returns what was left out and has been counted for long enough, in the
  /// order of the kinds' names.
  [[nodiscard]] std::vector<summary> take_summaries(time_point now);

  /// When there will be a summary, if anything was left out.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

private:
  struct entry {
    token_bucket bucket;
    uint64_t left_out = 0;
    time_point first_left_out = {};
  };

  options options_;
  std::map<std::string, entry, std::less<>> kinds_;
};

} // namespace troupe
