// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/sec.hpp>

#include "troupe/actors/qos/message_meter.hpp"
#include "troupe/actors/qos/step_result.hpp"
#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

/// The ordinary mailbox of an actor of CAF 1.x, message by message.
template <class Base>
class ordinary_mailbox : public Base {
public:
  using Base::Base;

protected:
  void on_cleanup(const caf::error& reason) override {
    before_cleanup();
    for (const auto& what : std::exchange(skipped_, {})) {
      message_meter{*this}.dropped();
      bounce(*what, caf::make_error(caf::sec::request_receiver_down));
    }
    Base::on_cleanup(reason);
  }

  /// The actor is about to end.
  virtual void before_cleanup() = 0;

  /// Hands messages to `step` until there are none, or it says so. One that it
  /// skips stays, and comes again behind the next that it does not skip.
  template <class Step>
  void take_ordinary(Step step) {
    while (auto what = this->mailbox().pop_front()) {
      const auto result = step(*what);
      if (result == step_result::skip) {
        skipped_.push_back(std::move(what));
        continue;
      }
      retry_skipped();
      if (result == step_result::stop)
        return;
    }
  }

  /// Lets messages that were skipped come again.
  void retry_skipped() {
    while (!skipped_.empty()) {
      this->mailbox().push_front(std::move(skipped_.back()));
      skipped_.pop_back();
    }
  }

private:
  /// CAF has a place for these as well, which only its own loop empties.
  std::vector<caf::mailbox_element_ptr> skipped_;
};

} // namespace troupe
