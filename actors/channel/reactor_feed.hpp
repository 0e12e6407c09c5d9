// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/sec.hpp>

#include "troupe/actors/channel/asked_group.hpp"
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
    if (!in_batches_ || batch_)
      return;
    // Of one that was full, all may be gone.
    mailbox_.pause(unhandled_ > 0);
    if (unhandled_ == 0)
      return;
    std::vector<inbound_envelope> envelopes;
    envelopes.reserve(std::min(unhandled_, window_));
    while (unhandled_ > 0 && envelopes.size() < window_)
      envelopes.push_back(take_next());
    batch_
        = ask_plainly(self_, reactor_, caf::make_message(std::move(envelopes)));
  }

  /// The reactor has answered. @returns `false` if it was not asked that.
  bool answered(caf::message_id id, const caf::message& answer) {
    if (in_batches_) {
      if (batch_ != id)
        return false;
      batch_.reset();
      if (auto reason = error_in(answer))
        owner_.reactor_failed(reason);
      end_batch();
      return true;
    }
    // Mostly it gets on in order.
    for (auto i = asked_.begin(); i != asked_.end(); ++i) {
      const auto before = i->open();
      const auto ours = i->answered(
          id, [this](typename run_list::iterator of) { end_one(of); },
          [&](const connection_ref& from) {
            if (auto reason = error_in(answer))
              owner_.judge(from, reason);
          });
      if (!ours)
        continue;
      at_reactor_ -= before - i->open();
      if (i->over())
        retire(i);
      hand_over();
      return true;
    }
    return false;
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

  static constexpr size_t spare_max = 2;

  using group = asked_group<typename run_list::iterator>;

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
    while (unhandled_ > 0 && at_reactor_ < window_)
      hand_over_group();
    set_paused(at_reactor_ == window_);
    always<"troupe: a reactor has no more messages than its window">(
        at_reactor_ <= window_);
  }

  /// Two groups fill the window, so that the reactor is busy with one while we
  /// learn that it is done with the other. A message alone is answered, which
  /// comes to us on the reactor's own thread.
  void hand_over_group() {
    const auto most
        = std::min({std::clamp<size_t>(window_ / 2, 1, group::messages_max),
                    unhandled_, window_ - at_reactor_});
    auto& next = add_group();
    for (size_t i = 0; i < most; ++i)
      next.add(
          waiting_.front().what.from, waiting_.begin(),
          [this, most](auto tokens, size_t index) {
            auto content = caf::make_message(take_next());
            if (most > 1)
              content.template get_mutable_as<inbound_envelope>(0).token.bind(
                  std::move(tokens), index);
            return ask_plainly(self_, reactor_, std::move(content));
          });
    at_reactor_ += most;
    const auto before = next.open();
    next.seal([this](typename run_list::iterator of) { end_one(of); });
    at_reactor_ -= before - next.open();
    if (next.over())
      retire(std::prev(asked_.end()));
  }

  group& add_group() {
    if (!spare_.empty() && spare_.front().reset())
      asked_.splice(asked_.end(), spare_, spare_.begin());
    else
      asked_.emplace_back(
          caf::weak_actor_ptr{self_->ctrl()},
          self_->new_request_id(caf::message_priority::normal).response_id());
    return asked_.back();
  }

  /// Under load, one is needed again at once.
  void retire(typename std::list<group>::iterator which) {
    if (spare_.size() < spare_max)
      spare_.splice(spare_.end(), asked_, which);
    else
      asked_.erase(which);
  }

  void end_one(typename run_list::iterator of) {
    --of->unanswered;
    end_if_done(of);
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
  std::optional<caf::message_id> batch_; // That it has.
  std::list<group> asked_;               // Without batches.
  std::list<group> spare_;               // The same, and done with.
  size_t at_reactor_ = 0;                // Messages of those.
};

} // namespace troupe
