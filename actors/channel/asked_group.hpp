// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <caf/actor_control_block.hpp>
#include <caf/message_id.hpp>

#include "troupe/messages/delivery_token.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"
#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

/// Messages that a reactor was asked to handle in a row, as their channel sees
/// them: which of them it is not known to be done with. It learns that from the
/// answer to a question of the group's own, or from the answers to single
/// messages. `About` says what a message was part of.
template <class About>
class asked_group {
public:
  static constexpr size_t messages_max = delivery_group::messages_max;

  /// @param channel gets the answer to `all` once the reactor is done with all
  ///                of those that it will not answer.
  asked_group(caf::weak_actor_ptr channel, caf::message_id all)
    : tokens_(std::make_shared<tokens>(std::move(channel), all)) {}

  /// Begins anew, with no messages. @pre `over()`.
  /// @returns `false` if somebody still has one of the last ones.
  [[nodiscard]] bool reset() noexcept {
    if (tokens_.use_count() > 1)
      return false;
    tokens_->reset();
    messages_.clear();
    finished_ = false;
    return true;
  }

  /// Adds a message of a connection that the reactor is about to get.
  /// @param ask gets its token's group and index, and returns the ID that the
  ///            answer to the message would have.
  template <class Ask>
  void add(connection_ref from, About about, Ask ask) {
    const auto index = messages_.size();
    tokens_->add(index);
    const auto id = ask(tokens_, index);
    messages_.push_back({id, from, std::move(about)});
    ++open_;
  }

  /// No more messages come. What the reactor is done with already goes to
  /// `end`, by what it was part of.
  template <class End>
  void seal(End end) {
    if (tokens_->seal())
      end_acknowledged(end);
  }

  /// Tells `judge` whose message an answer is about, and `end` what the message
  /// was part of, unless the reactor was done with it before.
  /// @returns `false` if the answer is not about one of these messages.
  template <class End, class Judge>
  bool answered(caf::message_id id, End end, Judge judge) {
    if (id == tokens_->all()) {
      end_acknowledged(end);
      return true;
    }
    auto i = std::ranges::find(messages_, id, &message::id);
    if (i == messages_.end())
      return false;
    judge(i->from);
    if (!i->open)
      return true;
    const auto last
        = tokens_->answered(static_cast<size_t>(i - messages_.begin()));
    close(*i, end);
    if (last)
      end_acknowledged(end);
    return true;
  }

  /// Messages that the reactor is not known to be done with.
  [[nodiscard]] size_t open() const noexcept {
    return open_;
  }

  /// Whether there are none, and the answer to the group's question is not on
  /// its way: messages that are answered may all be known before it comes.
  [[nodiscard]] bool over() const noexcept {
    return open_ == 0 && finished_;
  }

private:
  /// Lives as long as one of the messages.
  class tokens final : public delivery_group {
  public:
    tokens(caf::weak_actor_ptr channel, caf::message_id all)
      : channel_(std::move(channel)),
        all_(all) {}

    [[nodiscard]] caf::message_id all() const noexcept {
      return all_;
    }

  private:
    void finished() override {
      if (auto to = channel_.lock())
        to->enqueue(make_entry(nullptr, all_, {}), nullptr);
    }

    const caf::weak_actor_ptr channel_;
    const caf::message_id all_;
  };

  struct message {
    caf::message_id id;
    connection_ref from;
    About about;
    bool open = true;
  };

  template <class End>
  void end_acknowledged(End end) {
    finished_ = true;
    for (size_t i = 0; i < messages_.size(); ++i)
      if (messages_[i].open && !tokens_->awaits_answer(i))
        close(messages_[i], end);
  }

  template <class End>
  void close(message& which, End end) {
    which.open = false;
    --open_;
    end(which.about);
  }

  std::shared_ptr<tokens> tokens_;
  std::vector<message> messages_;
  size_t open_ = 0;
  bool finished_ = false; // Nothing is pending, and we have learned that.
};

} // namespace troupe
