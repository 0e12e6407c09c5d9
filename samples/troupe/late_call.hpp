// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace troupe::command {

/// A call of something that is there only for a while: asked for too early, it
/// comes as soon as it can; too late, it does not come. Several threads may
/// call at once; one after the other gets through.
class late_call {
public:
  /// Says what to call from now on.
  void set(std::function<void()> what) {
    const std::lock_guard guard{lock_};
    what_ = std::move(what);
    if (what_ && std::exchange(asked_, false))
      what_();
  }

  /// Nothing is called any more, and nobody is within it.
  void end() {
    const std::lock_guard guard{lock_};
    what_ = nullptr;
  }

  void operator()() {
    const std::lock_guard guard{lock_};
    if (what_)
      what_();
    else
      asked_ = true;
  }

private:
  std::mutex lock_;
  std::function<void()> what_;
  bool asked_ = false;
};

} // namespace troupe::command
