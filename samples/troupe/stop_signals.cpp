// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/stop_signals.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
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

/// @returns 0 if there was none until then.
int wait_for_signal(
    std::optional<std::chrono::steady_clock::time_point> until) {
  auto signals = all();
  int signal = 0;
  if (!until) {
    sigwait(&signals, &signal);
    return signal;
  }
  using std::chrono::nanoseconds;
  constexpr int64_t second = 1'000'000'000;
  const auto left
      = std::max(nanoseconds{0},
                 nanoseconds{*until - std::chrono::steady_clock::now()})
            .count();
  const timespec limit{left / second, left % second};
  signal = sigtimedwait(&signals, nullptr, &limit);
  return std::max(signal, 0);
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
  while (!done_) {
    std::optional<clock::time_point> deadline;
    if (first_ && handlers_.patience)
      deadline = *first_ + *handlers_.patience;
    const auto signal = wait_for_signal(deadline);
    if (done_)
      return;
    if (signal != 0)
      handle(signal);
    else if (clock::now() >= *deadline)
      end_at_once("has not ended in time: ends at once, without having told "
                  "peers");
  }
}

void stop_signals::handle(int signal) {
  if (signal == SIGHUP && first_)
    return;
  if (signal == SIGHUP && handlers_.reload) {
    handlers_.reload();
  } else if (signal == SIGHUP) {
    handlers_.say("SIGHUP is ignored: there is no configuration to read again");
  } else if (!first_) {
    first_ = clock::now();
    handlers_.stop();
  } else if (clock::now() - *first_ > burst) {
    end_at_once("a second signal: ends at once, without having told peers");
  }
}

void stop_signals::end_at_once(std::string_view why) {
  handlers_.say(why);
  handlers_.before_end();
  std::_Exit(failed);
}

stop_signals::~stop_signals() {
  done_ = true;
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): it waits for it.
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

} // namespace troupe::command
