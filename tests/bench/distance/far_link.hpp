// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <vector>

#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe::bench {

/// What a link between two ends is like.
struct distance {
  /// One way.
  std::chrono::microseconds delay{0};

  /// Of each packet, from 0 to 1.
  double loss = 0;
};

/// A link between two network namespaces of this process: packets that the
/// kernel hands to a TUN device in one come out of that in the other, later or
/// not at all. Everything else is the kernel's. Needs root.
class far_link {
public:
  /// Makes both namespaces, with one device each, 10.77.0.1 and 10.77.0.2.
  /// Throws `std::runtime_error`.
  explicit far_link(const distance& how);

  /// Calls `what` in the namespace of an end, 0 or 1: processes that it starts
  /// stay there. There must be no other threads.
  void at(size_t end, const std::function<void()>& what) const;

  /// Carries packets until `over` says so, which is asked at least every 100
  /// milliseconds.
  void carry(const std::function<bool()>& over);

  [[nodiscard]] uint64_t carried() const noexcept {
    return carried_;
  }
  [[nodiscard]] uint64_t dropped() const noexcept {
    return dropped_;
  }

private:
  using clock = std::chrono::steady_clock;

  struct flight {
    clock::time_point arrives;
    std::vector<char> packet;
  };

  struct side {
    unique_socket space;
    unique_socket device;
    std::deque<flight> flights; // To this end.
  };

  void take(side& from, side& to);
  void land(side& to, clock::time_point now);

  distance how_;
  unique_socket home_;
  std::array<side, 2> sides_;
  std::mt19937_64 random_{16};
  uint64_t carried_ = 0;
  uint64_t dropped_ = 0;
};

} // namespace troupe::bench
