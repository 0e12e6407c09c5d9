// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_latency.hpp"

namespace troupe::testing {

/// What the simulated name service knows about one name.
struct sim_dns_entry {
  enum class mood : uint8_t {
    answer,
    /// Says that there is no such name.
    fail,
    /// Says nothing, until the resolver gives up.
    ignore,
  };

  std::vector<ip_address> addresses;
  mood with = mood::answer;
  sim_latency latency = sim_latency::uniform(std::chrono::milliseconds{1},
                                             std::chrono::milliseconds{40});
};

/// The table of a simulated name service.
class sim_dns {
public:
  /// How long a resolver waits for a name service that says nothing.
  static constexpr duration give_up = std::chrono::seconds{20};

  /// An answer, and how long it takes.
  struct answer {
    duration wait;
    result<std::vector<ip_address>> addresses;
  };

  /// Sets what there is to know about `name`.
  void set(std::string name, sim_dns_entry entry);

  /// Forgets `name`.
  void remove(const std::string& name);

  /// Looks up `name`. Fails with `unknown_host`.
  [[nodiscard]] answer look_up(const std::string& name,
                               sim_random& random) const;

private:
  std::map<std::string, sim_dns_entry> entries_;
};

} // namespace troupe::testing
