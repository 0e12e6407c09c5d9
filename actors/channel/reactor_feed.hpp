// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/error.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/sec.hpp>

#include "troupe/actors/qos/scheduled_steps.hpp"
#include "troupe/messages/envelope.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"

namespace troupe {

/// Messages for a reactor that came together, at least one, and who gets their
/// cost back.
struct arrival {
  connection_ref from;
  std::vector<inbound_envelope> envelopes;
  caf::actor_addr receiver;
  size_t cost;
};

/// Hands messages to a reactor, at most a window ahead of its answers, one by
/// one or in batches. While there is no room, the mailbox they come from is
/// paused. `Owner` is told what comes back: `give_back(receiver, cost)` once
/// the reactor is done with all that came together, `judge(connection, error)`
/// for an error about a message, and `reactor_failed(error)` for one about a
/// batch.
///
/// Its actor passes it the answers of the reactor, and calls `flush` when it
/// has handled what there was.
template <class Self, class Mailbox, class Owner>
class reactor_feed {
public:
  /// All but `reactor` outlive the feed.
  reactor_feed(Self self, Mailbox& mailbox, Owner& owner, caf::actor reactor,
               size_t window, bool in_batches)
    : self_(self),
      mailbox_(mailbox),
      owner_(owner),
      reactor_(std::move(reactor)),
      window_(window),
      in_batches_(in_batches) {}

  /// Takes messages; the mailbox said that there is room for one.
  void take(arrival what) {
    unhandled_ += what.envelopes.size();
    waiting_.push_back({std::move(what)});
    if (!in_batches_)
      hand_over();
    else if (unhandled_ >= window_)
      mailbox_.pause(true);
  }

  /// Passes on the batch. What comes while the reactor has it waits and makes
  /// the next one.
  void flush() {
    if (!in_batches_ || !asked_.empty())
      return;
    // Of one that was full, all may be gone.
    mailbox_.pause(unhandled_ > 0);
    if (unhandled_ == 0)
      return;
    std::vector<inbound_envelope> envelopes;
    envelopes.reserve(std::min(unhandled_, window_));
    while (unhandled_ > 0 && envelopes.size() < window_)
      envelopes.push_back(take_next());
    asked_.push_back(
        {ask_plainly(self_, reactor_, std::move(envelopes)), waiting_.end()});
  }

  /// The reactor has answered. @returns `false` if it was not asked that.
  bool answered(caf::message_id id, const caf::message& answer) {
    // Mostly it answers in order.
    auto i = std::find_if(asked_.begin(), asked_.end(),
                          [id](const question& x) { return x.id == id; });
    if (i == asked_.end())
      return false;
    const auto about = i->about;
    asked_.erase(i);
    if (auto reason = error_in(answer)) {
      if (in_batches_)
        owner_.reactor_failed(reason);
      else
        owner_.judge(about->what.from, reason);
    }
    if (in_batches_)
      end_batch();
    else
      end_one(about);
    return true;
  }

  /// Drops what the reactor does not have yet, at no cost. @returns how many
  /// messages.
  size_t drop(const connection_ref& which) {
    size_t result = 0;
    for (auto i = waiting_.begin(); i != waiting_.end();) {
      auto here = i++;
      if (here->what.from != which)
        continue;
      const auto left = here->what.envelopes.size() - here->next;
      result += left;
      unhandled_ -= left;
      here->next = here->what.envelopes.size();
      if (here->unanswered > 0)
        handed_over_.splice(handed_over_.end(), waiting_, here);
      else
        waiting_.erase(here);
    }
    return result;
  }

private:
  struct run {
    arrival what;
    size_t next = 0;       // The first that the reactor does not have.
    size_t unanswered = 0; // How many it has.
  };

  using run_list = std::list<run>;

  /// What the reactor was asked to handle: a message of that run, or a batch.
  struct question {
    caf::message_id id;
    typename run_list::iterator about;
  };

  /// Takes the next message. Of its run, this was the last one, or not.
  inbound_envelope take_next() {
    auto from = waiting_.begin();
    auto result = std::move(from->what.envelopes[from->next]);
    ++from->unanswered;
    --unhandled_;
    if (++from->next == from->what.envelopes.size())
      handed_over_.splice(handed_over_.end(), waiting_, from);
    return result;
  }

  void hand_over() {
    while (unhandled_ > 0 && asked_.size() < window_) {
      const auto from = waiting_.begin();
      asked_.push_back({ask_plainly(self_, reactor_, take_next()), from});
    }
    set_paused(asked_.size() == window_);
    always<"troupe: a reactor has no more messages than its window">(
        asked_.size() <= window_);
  }

  void end_one(typename run_list::iterator of) {
    --of->unanswered;
    end_if_done(of);
    hand_over();
  }

  /// Of the run that the batch cut short, a part is still to come.
  void end_batch() {
    if (!waiting_.empty())
      waiting_.front().unanswered = 0;
    while (!handed_over_.empty()) {
      handed_over_.front().unanswered = 0;
      end_if_done(handed_over_.begin());
    }
    mailbox_.pause(unhandled_ >= window_);
  }

  void end_if_done(typename run_list::iterator of) {
    const auto& what = of->what;
    if (of->unanswered > 0 || of->next < what.envelopes.size())
      return;
    owner_.give_back(what.receiver, what.cost);
    handed_over_.erase(of);
  }

  void set_paused(bool yes) {
    if (std::exchange(paused_, yes) != yes)
      mailbox_.pause(yes);
  }

  static caf::error error_in(const caf::message& answer) {
    if (answer.match_elements<caf::error>())
      return answer.get_as<caf::error>(0);
    return answer.empty() ? caf::error{}
                          : caf::make_error(caf::sec::unexpected_response);
  }

  Self self_;
  Mailbox& mailbox_;
  Owner& owner_;
  caf::actor reactor_;
  size_t window_;
  bool in_batches_;
  bool paused_ = false;  // The mailbox, by `hand_over`.
  size_t unhandled_ = 0; // Messages that wait here.
  run_list waiting_;     // Runs of which the reactor does not have all.
  run_list handed_over_; // Runs of which it does.
  std::deque<question> asked_;
};

} // namespace troupe
