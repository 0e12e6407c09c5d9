// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/stop_signals.hpp"

#include <csignal>
#include <cstdlib>
#include <utility>

#include <pthread.h>

namespace troupe::command {

namespace {

sigset_t both() {
  sigset_t result;
  sigemptyset(&result);
  sigaddset(&result, SIGINT);
  sigaddset(&result, SIGTERM);
  return result;
}

} // namespace

void stop_signals::block() {
  auto signals = both();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

stop_signals::stop_signals(std::function<void()> on_signal)
  : thread_([this, on_signal = std::move(on_signal)] {
      auto signals = both();
      int signal = 0;
      sigwait(&signals, &signal);
      if (done_)
        return;
      on_signal();
      sigwait(&signals, &signal);
      if (!done_)
        std::_Exit(1);
    }) {}

stop_signals::~stop_signals() {
  done_ = true;
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): it waits for it.
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

} // namespace troupe::command
