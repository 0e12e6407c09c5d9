// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "clocks.hpp"

namespace troupe::versus {

/// What the loading end does for one command: bulk messages, pings, or pings
/// beside a flood of bulk messages. Whoever holds it sends what it says.
class load_plan {
public:
  explicit load_plan(pid_t other) : other_(other) {}

  /// @returns `false` for a command that is none.
  bool begin(const std::string& command) {
    std::istringstream in{command};
    std::string verb;
    double first = 0;
    double second = 0;
    in >> verb >> first >> second;
    times_.clear();
    before_ = both_cpu{other_};
    pings_ = verb == "echo" || verb == "prio";
    one_by_one_ = verb == "echo";
    until_ = now() + first / 1000;
    left_ = 0;
    ending_ = verb == "tput";
    channel_ = verb == "prio" ? flood_channel : data_channel;
    size_ = verb == "prio" ? flood_size : static_cast<size_t>(first);
    if (verb == "tput")
      left_ = static_cast<uint64_t>(second / first);
    else if (verb == "prio")
      left_ = UINT64_MAX;
    return pings_ || ending_;
  }

  // -- bulk -------------------------------------------------------------------

  [[nodiscard]] channel_id channel() const {
    return channel_;
  }

  [[nodiscard]] size_t size() const {
    return size_;
  }

  /// Whether there is one more message to send. It counts as sent.
  bool take() {
    if (left_ == 0)
      return false;
    --left_;
    return true;
  }

  [[nodiscard]] bool more() const {
    return left_ > 0;
  }

  /// Whether the mark of the end is to be sent now, once.
  bool take_end() {
    return left_ == 0 && std::exchange(ending_, false);
  }

  // -- pings ------------------------------------------------------------------

  [[nodiscard]] bool pings() const {
    return pings_;
  }

  /// Whether the next ping waits for the pong before it.
  [[nodiscard]] bool one_by_one() const {
    return one_by_one_;
  }

  /// Whether the time for pings is over. What floods comes to its end then.
  bool over() {
    if (now() < until_)
      return false;
    left_ = 0;
    ending_ = !one_by_one_;
    return true;
  }

  void pong(double sent_at) {
    times_.push_back(now() - sent_at);
  }

  // -- results ----------------------------------------------------------------

  [[nodiscard]] std::string echo_result() const {
    return summary(times_);
  }

  /// After the serving end has told what it counted.
  [[nodiscard]] std::string round_result(uint64_t bytes,
                                         uint64_t nanoseconds) const {
    auto text = round_line(before_, both_cpu{other_}, nanoseconds, bytes);
    return pings_ ? summary(times_) + " " + text : text;
  }

private:
  pid_t other_;
  both_cpu before_;
  channel_id channel_ = data_channel;
  size_t size_ = 0;
  uint64_t left_ = 0;
  bool ending_ = false;
  bool pings_ = false;
  bool one_by_one_ = false;
  double until_ = 0;
  std::vector<double> times_;
};

} // namespace troupe::versus
