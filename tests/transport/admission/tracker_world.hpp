// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/transport/admission/connection_tracker.hpp"

namespace troupe::test {

using namespace std::chrono_literals;

/// Limits that nothing meets, to set one of them.
inline inbound_limits unlimited() {
  return {.max_per_ip = 1'000'000,
          .max_per_subnet = 1'000'000,
          .subnet_limits = subnet_scope::all,
          .ip_rate = {},
          .subnet_rate = {},
          .total_rate = {}};
}

inline ip_address numbered(unsigned number) {
  return ip_address::v4(10, static_cast<uint8_t>(number >> 16),
                        static_cast<uint8_t>(number >> 8),
                        static_cast<uint8_t>(number));
}

struct tracker_world {
  explicit tracker_world(const inbound_limits& limits) : uut(limits) {}

  /// An attempt whose connection lives as long as this.
  errc open(const ip_address& ip) {
    auto answer = uut.attempt(ip, now);
    if (answer.code == errc::none)
      slots.push_back(std::move(answer.slot));
    return answer.code;
  }

  errc open(const char* ip) {
    return open(*ip_address::parse(ip));
  }

  /// An attempt whose connection ends at once.
  errc knock(const ip_address& ip) {
    return uut.attempt(ip, now).code;
  }

  errc knock(const char* ip) {
    return knock(*ip_address::parse(ip));
  }

  /// How many of `count` attempts pass.
  size_t passed(const ip_address& ip, size_t count) {
    size_t result = 0;
    for (size_t i = 0; i < count; ++i)
      result += knock(ip) == errc::none ? 1 : 0;
    return result;
  }

  connection_tracker uut;
  time_point now{1h};
  std::vector<connection_slot> slots;
};

} // namespace troupe::test
