// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/node.hpp"

namespace troupe::bench {

/// How long pings are sent in each phase.
inline constexpr auto siege_phase = std::chrono::seconds{8};

/// Ends the program.
[[noreturn]] void give_up(const std::string& why);

/// Round-trip times of a phase. A ping that nobody answered counts with the
/// time that was waited for it.
struct round_trips {
  /// In milliseconds.
  double percentile(double which);

  std::vector<std::chrono::steady_clock::duration> times = {};
  size_t lost = 0;
};

/// A node in this process that pings the besieged one.
class honest_client {
public:
  /// @param address with the protocol. Returns when the two are connected.
  honest_client(caf::actor_system& sys, const std::string& address);

  honest_client(const honest_client&) = delete;

  honest_client& operator=(const honest_client&) = delete;

  ~honest_client();

  /// Pings 20 times a second.
  round_trips run_phase();

private:
  void wait();

  caf::scoped_actor self_;
  std::shared_ptr<round_trips> trips_;
  node home_;
  caf::actor actor_;
};

} // namespace troupe::bench
