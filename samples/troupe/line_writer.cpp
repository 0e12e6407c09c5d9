// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/line_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "troupe/actors/operator/line_buffer.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

constexpr auto pause = 1s;

} // namespace

/// What the thread shares with the writer. It may outlive the writer: a write
/// to somebody who does not read cannot be taken back.
struct line_writer::state {
  explicit state(options x) : how(std::move(x)), buffer(how.cost_max) {}

  ~state() {
    ::close(how.descriptor);
  }

  void run() {
    std::unique_lock guard{mutex};
    for (;;) {
      change.wait(guard, [this] { return closing || !buffer.empty(); });
      auto line = next();
      if (!line)
        break;
      if (!write(guard, *line)) {
        ++lost;
        break;
      }
    }
    lost += buffer.clear();
    done = true;
    change.notify_all();
  }

  std::optional<std::string> next() {
    auto line = buffer.pop();
    if (!line)
      if (auto count = buffer.end_gap()) {
        lost += *count;
        stalled = false;
        line = how.gap(*count);
      }
    if (line)
      *line += '\n';
    return line;
  }

  /// Writes all of `text`, however long that takes. @returns false if it failed
  /// and there is no more time.
  bool write(std::unique_lock<std::mutex>& guard, std::string_view text) {
    while (!text.empty()) {
      guard.unlock();
      const auto count = ::write(how.descriptor, text.data(), text.size());
      const auto problem = errno;
      guard.lock();
      if (count >= 0) {
        text.remove_prefix(static_cast<size_t>(count));
        failing = false;
      } else if (!wait_after(problem, guard)) {
        return false;
      }
    }
    return true;
  }

  bool wait_after(int problem, std::unique_lock<std::mutex>& guard) {
    // Those whom we could tell may be gone.
    if (given_up)
      return false;
    if (problem == EINTR)
      return true;
    if (problem == EAGAIN) {
      // Whoever started us has made it so.
      guard.unlock();
      auto what = pollfd{how.descriptor, POLLOUT, 0};
      ::poll(&what, 1,
             static_cast<int>(std::chrono::milliseconds{pause} / 1ms));
      guard.lock();
      return !given_up;
    }
    if (!std::exchange(failing, true) && how.on_trouble)
      how.on_trouble(std::generic_category().message(problem));
    change.wait_for(guard, pause, [this] { return closing; });
    return !closing;
  }

  const options how;
  std::mutex mutex;
  std::condition_variable change;
  line_buffer buffer;
  uint64_t lost = 0;
  /// No line gets in.
  bool closing = false;
  /// Nobody waits for us any more.
  bool given_up = false;
  bool done = false;
  /// There is a gap, or an error, and somebody knows.
  bool stalled = false;
  bool failing = false;
};

line_writer::line_writer(options how)
  : state_(std::make_shared<state>(std::move(how))),
    thread_([shared = state_] { shared->run(); }) {}

line_writer::~line_writer() {
  finish(0ms);
}

void line_writer::write(std::string line) {
  std::unique_lock guard{state_->mutex};
  if (state_->closing)
    return;
  const auto fits = state_->buffer.push(std::move(line));
  const auto is_news = !fits && !std::exchange(state_->stalled, true)
                       && !state_->failing && state_->how.on_trouble;
  state_->change.notify_all();
  guard.unlock();
  if (is_news)
    state_->how.on_trouble("nobody reads it");
}

uint64_t line_writer::finish(std::chrono::milliseconds patience) {
  if (!thread_.joinable())
    return lost_;
  std::unique_lock guard{state_->mutex};
  state_->closing = true;
  state_->change.notify_all();
  if (state_->change.wait_for(guard, patience,
                              [this] { return state_->done; })) {
    guard.unlock();
    thread_.join();
    return lost_ = state_->lost;
  }
  // It is within a write, and nothing but a reader or our end can end that.
  state_->given_up = true;
  lost_ = state_->lost + state_->buffer.clear() + 1;
  guard.unlock();
  thread_.detach();
  return lost_;
}

} // namespace troupe::command
