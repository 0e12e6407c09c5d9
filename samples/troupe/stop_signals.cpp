// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/stop_signals.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include <pthread.h>

#include "troupe/samples/troupe/commands.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

/// Signals that come this soon after the first one are the same one.
constexpr auto burst = 1s;

sigset_t all() {
  sigset_t result;
  sigemptyset(&result);
  for (auto signal : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&result, signal);
  return result;
}

int wait_for_signal() {
  auto signals = all();
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

} // namespace

void stop_signals::block() {
  auto signals = all();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

stop_signals::stop_signals(handlers what)
  : handlers_(std::move(what)),
    thread_([this] { run(); }) {}

void stop_signals::run() {
  using clock = std::chrono::steady_clock;
  std::optional<clock::time_point> first;
  for (;;) {
    const auto signal = wait_for_signal();
    if (done_)
      return;
    if (signal == SIGHUP) {
      handlers_.say("SIGHUP is ignored: a running node does not read its "
                    "configuration again");
    } else if (!first) {
      first = clock::now();
      handlers_.stop();
    } else if (clock::now() - *first > burst) {
      handlers_.say("a second signal: ends at once, without having told peers");
      handlers_.before_end();
      std::_Exit(failed);
    }
  }
}

stop_signals::~stop_signals() {
  done_ = true;
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): it waits for it.
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

} // namespace troupe::command
