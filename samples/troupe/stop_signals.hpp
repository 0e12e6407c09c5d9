// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <thread>

namespace troupe::command {

/// Turns signals into calls on a thread of its own, where, unlike in a signal
/// handler, everything is allowed. SIGINT and SIGTERM mean to stop; one more
/// ends the process at once, with exit status 1, unless it comes within a
/// second of the first: `timeout` sends each signal twice, and a terminal may,
/// too. SIGHUP means to read the configuration again.
class stop_signals {
public:
  struct handlers {
    /// Once.
    std::function<void()> stop;

    /// Says what became of a signal that did not stop us.
    std::function<void(std::string_view)> say;

    /// Comes before the sudden end. Must not take long.
    std::function<void()> before_end;

    /// For each SIGHUP. May be absent: it changes nothing then.
    std::function<void()> reload = {};

    /// Whoever has not stopped after that time ends at once. Absent: there is
    /// as much time as it takes.
    std::optional<std::chrono::milliseconds> patience = {};
  };

  /// Keeps the signals from this thread and all that it starts. Comes first,
  /// before there are other threads.
  static void block();

  explicit stop_signals(handlers what);

  stop_signals(const stop_signals&) = delete;

  stop_signals& operator=(const stop_signals&) = delete;

  /// Stops waiting.
  ~stop_signals();

private:
  using clock = std::chrono::steady_clock;

  void run();

  void handle(int signal);

  [[noreturn]] void end_at_once(std::string_view why);

  handlers handlers_;
  /// When we were told to stop.
  std::optional<clock::time_point> first_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

} // namespace troupe::command
