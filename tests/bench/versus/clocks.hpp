// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/types.h>
#include <time.h>

#include "troupe/messages/channel_descriptor.hpp"

namespace troupe::versus {

/// The channels of a measurement: what is counted, what is echoed, and what
/// only floods.
inline constexpr channel_id data_channel = 0x70;
inline constexpr channel_id echo_channel = 0x71;
inline constexpr channel_id flood_channel = 0x72;

inline constexpr size_t flood_size = 64 * 1024;

/// Seconds of a clock, 0 if it cannot be read.
inline double seconds_of(clockid_t clock) {
  timespec t{};
  return clock_gettime(clock, &t) == 0
             ? static_cast<double>(t.tv_sec)
                   + static_cast<double>(t.tv_nsec) * 1e-9
             : 0;
}

inline double now() {
  return seconds_of(CLOCK_MONOTONIC);
}

/// Seconds of processor time that both ends have taken.
struct both_cpu {
  both_cpu() = default;

  explicit both_cpu(pid_t other) : mine(seconds_of(CLOCK_PROCESS_CPUTIME_ID)) {
    clockid_t clock = 0;
    if (other > 0 && clock_getcpuclockid(other, &clock) == 0)
      theirs = seconds_of(clock);
  }

  double mine = 0;
  double theirs = 0;
};

/// "COUNT P50 P99 MAX" of seconds, in microseconds.
inline std::string summary(std::vector<double> times) {
  if (times.empty())
    return "0 0 0 0";
  std::sort(times.begin(), times.end());
  auto at = [&times](double part) {
    const auto index
        = static_cast<size_t>(static_cast<double>(times.size()) * part);
    return times[std::min(times.size() - 1, index)] * 1e6;
  };
  return fmt::format("{} {:.1f} {:.1f} {:.1f}", times.size(), at(0.5), at(0.99),
                     times.back() * 1e6);
}

/// Of a receiver: counts the bytes of a round and how long they took.
class round_clock {
public:
  void arrived(size_t size) {
    last_ = now();
    if (bytes_ == 0)
      first_ = last_;
    bytes_ += size;
  }

  [[nodiscard]] uint64_t bytes() const {
    return bytes_;
  }

  /// Ends the round. @returns its bytes and nanoseconds.
  std::vector<uint64_t> finish() {
    std::vector<uint64_t> result{bytes_,
                                 static_cast<uint64_t>((last_ - first_) * 1e9)};
    *this = {};
    return result;
  }

private:
  uint64_t bytes_ = 0;
  double first_ = 0;
  double last_ = 0;
};

/// What the loading end answers: SECONDS CPU CPU-OF-PID BYTES.
inline std::string round_line(const both_cpu& before, const both_cpu& after,
                              uint64_t nanoseconds, uint64_t bytes) {
  return fmt::format(
      "{:.6f} {:.6f} {:.6f} {}", static_cast<double>(nanoseconds) * 1e-9,
      after.mine - before.mine, after.theirs - before.theirs, bytes);
}

} // namespace troupe::versus
