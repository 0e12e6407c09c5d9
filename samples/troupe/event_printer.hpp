// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace troupe::command {

/// Prints events to standard output, one a line, flushed:
///
///     {"event":"peer_up","time":"2030-01-02T03:04:05.678Z","peer":"..."}
///     2030-01-02T03:04:05.678Z peer_up peer=...
///
/// Several threads may print at once.
class event_printer {
public:
  using fields = nlohmann::ordered_json;

  explicit event_printer(bool json) : json_(json) {}

  [[nodiscard]] bool json() const noexcept {
    return json_;
  }

  /// @param more an object with what the event says, in order.
  void print(std::string_view event, const fields& more = fields::object());

private:
  bool json_;
  std::mutex mutex_;
};

} // namespace troupe::command
