// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include <caf/actor_system.hpp>

namespace troupe::command {

/// Turns SIGINT and SIGTERM into a call on a thread of its own, where, unlike
/// in a signal handler, everything is allowed. A second signal ends the process
/// at once.
class stop_signals {
public:
  /// Keeps both signals from this thread and all that it starts. Comes first,
  /// before there are other threads.
  static void block();

  /// Calls `on_signal` once a signal arrives.
  explicit stop_signals(std::function<void()> on_signal);

  stop_signals(const stop_signals&) = delete;

  stop_signals& operator=(const stop_signals&) = delete;

  /// Stops waiting.
  ~stop_signals();

private:
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

/// Ends the process with `status` if a name lookup that nobody waits for any
/// more still occupies its thread: neither can it be interrupted nor would the
/// actor system end before it. Otherwise returns, for a proper end.
/// @param idle how many threads `sys` had for detached actors before there was
///             a node.
void leave_hanging_lookups(caf::actor_system& sys, size_t idle, int status);

} // namespace troupe::command
