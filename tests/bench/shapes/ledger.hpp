// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::shapes {

/// Ends the program.
[[noreturn]] void give_up(std::string_view why);

/// Seconds of a clock that only goes forward.
double now();

/// What arrived.
struct arrivals {
  uint64_t messages = 0;
  uint64_t bytes = 0;
  /// From the beginning to the last one.
  double seconds = 0;
  /// Of each message, in seconds.
  std::vector<double> latencies = {};
};

/// "12345 msg/s, 123.4 MB/s; p50 1.2, p90 2.3, p99 3.4 ms"
std::string text_of(const arrivals& what);

/// "p50 1.2, p90 2.3, p99 3.4 ms" of seconds.
std::string percentiles(std::vector<double> times);

/// Where reactors write down what arrives, and the case waits for it.
/// Everything happens in one process.
class ledger {
public:
  void begin();

  void arrived(size_t bytes, double latency);

  /// Waits until so many messages have arrived, and gives up after a minute.
  arrivals await(uint64_t messages);

  /// @returns what has arrived since the beginning.
  arrivals take();

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  arrivals got_;
  double begin_ = 0;
  double last_ = 0;
};

/// Counts peers that are up.
class roll_call {
public:
  void came();

  /// Waits for so many in all, and gives up after a minute.
  void await(size_t peers);

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t peers_ = 0;
};

} // namespace troupe::shapes
