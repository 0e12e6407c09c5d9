// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <caf/error.hpp>
#include <caf/execution_unit.hpp>
#include <caf/intrusive/task_result.hpp>
#include <caf/mailbox_element.hpp>

#include "troupe/actors/qos/step_result.hpp"

namespace troupe {

/// The ordinary mailbox of an actor of CAF 0.18, message by message.
template <class Base>
class ordinary_mailbox : public Base {
public:
  using Base::Base;

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    before_cleanup();
    return Base::cleanup(std::move(reason), host);
  }

protected:
  /// The actor is about to end.
  virtual void before_cleanup() = 0;

  /// Hands messages to `step` until there are none, or it says so. One that it
  /// skips stays, and comes again behind the next that it does not skip.
  template <class Step>
  void take_ordinary(Step step) {
    using caf::intrusive::task_result;
    auto taken = true;
    auto stopped = false;
    auto take = [&](caf::mailbox_element& what) {
      const auto result = step(what);
      if (result == step_result::skip)
        return task_result::skip;
      taken = true;
      stopped = result == step_result::stop;
      return stopped ? task_result::stop_all : task_result::resume;
    };
    while (std::exchange(taken, false) && !stopped) {
      this->mailbox().fetch_more();
      // Urgent ones leave room for others in each round.
      this->get_urgent_queue().new_round(5, take);
      if (!stopped)
        this->get_normal_queue().new_round(3, take);
      // Either queue only brings back its own, and urgent ones go first.
      if (taken)
        retry_skipped();
    }
  }

  /// Lets messages that were skipped come again.
  void retry_skipped() {
    this->get_urgent_queue().flush_cache();
    this->get_normal_queue().flush_cache();
  }
};

} // namespace troupe
