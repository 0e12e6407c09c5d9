// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace troupe {

/// Who opened a connection.
enum class direction : uint8_t {
  /// The peer dialed us.
  inbound,
  /// We dialed the peer.
  outbound,
};

inline std::string to_string(direction x) {
  return x == direction::inbound ? "inbound" : "outbound";
}

template <class Inspector>
bool inspect(Inspector& f, direction& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<direction>(value);
    return value <= static_cast<uint8_t>(direction::outbound);
  };
  return f.apply(get, set);
}

} // namespace troupe
