// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe {

/// What a connection's reader has, and what waits for it to have room:
/// messages of all channels share one `connection_read_window`, and each
/// channel has one of its own besides.
///
/// A reader does not say of which channels it gives window back. It is taken to
/// be done with messages in their order. With a channel that it holds back for
/// long, the windows of channels are mixed up, and no sum is wrong.
class read_share {
public:
  /// Adds a message that has arrived.
  void add(inbound_message what) {
    waiting_ += read_cost(what.body.size());
    arrived_.push_back(std::move(what));
  }

  /// Takes what fits into the window; a single message may exceed it.
  inbound_batch take() {
    inbound_batch result;
    while (!arrived_.empty() && used_ < window_) {
      auto& next = arrived_.front();
      const auto cost = read_cost(next.body.size());
      waiting_ -= cost;
      note(next.channel, cost);
      result.push_back(std::move(next));
      arrived_.pop_front();
    }
    return result;
  }

  /// The reader has that much more than messages cost.
  void charge(size_t cost) {
    note(std::nullopt, cost);
  }

  /// The reader gives window back. Calls `what` with each channel that has room
  /// again, and for what cost.
  template <class Function>
  void give_back(size_t cost, Function what) {
    cost = std::min(cost, used_);
    used_ -= cost;
    while (cost > 0) {
      auto& [channel, left] = handed_over_.front();
      const auto part = std::min(cost, left);
      cost -= part;
      left -= part;
      if (channel)
        what(*channel, part);
      if (left == 0)
        handed_over_.pop_front();
    }
  }

  /// From now on, everything fits.
  void open() noexcept {
    window_ = SIZE_MAX;
  }

  /// Cost of what waits.
  [[nodiscard]] size_t waiting() const noexcept {
    return waiting_;
  }

private:
  void note(std::optional<channel_id> channel, size_t cost) {
    if (cost == 0)
      return;
    used_ += cost;
    if (!handed_over_.empty() && handed_over_.back().first == channel)
      handed_over_.back().second += cost;
    else
      handed_over_.emplace_back(channel, cost);
  }

  size_t window_ = connection_read_window;
  size_t used_ = 0;
  std::deque<std::pair<std::optional<channel_id>, size_t>> handed_over_;
  std::deque<inbound_message> arrived_;
  size_t waiting_ = 0;
};

} // namespace troupe
