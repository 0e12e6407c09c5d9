// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace troupe {

/// What makes room when there is none for a new element of a queue.
enum class qos_shed : uint8_t {
  /// The new element is shed.
  newest,
  /// The oldest elements of its flow are shed.
  oldest,
  /// The new element is refused, and whoever sent it learns that. What has been
  /// taken is never shed for others.
  refuse,
};

/// Returns the name as it stands in the source.
inline std::string to_string(qos_shed x) {
  switch (x) {
    case qos_shed::newest:
      return "newest";
    case qos_shed::oldest:
      return "oldest";
    case qos_shed::refuse:
      return "refuse";
  }
  return "unknown";
}

template <class Inspector>
bool inspect(Inspector& f, qos_shed& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<qos_shed>(value);
    return value <= static_cast<uint8_t>(qos_shed::refuse);
  };
  return f.apply(get, set);
}

} // namespace troupe
