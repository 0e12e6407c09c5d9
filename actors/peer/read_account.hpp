// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// What the channels of one connection hold of its read window, and which of
/// them hold it for too long.
///
/// When the window is used up, the connection does not read: whatever the peer
/// sends has to wait, pings among it, and a peer that hears no pong hangs up.
/// So a channel may keep a connection waiting for its `hold_max`. Then the
/// window gets back what the channel holds, and what else comes for the channel
/// is to be shed, until it is done with all of that. The more channels shed,
/// the shorter the others may hold: together they stay below twice the longest
/// `hold_max`.
class read_account {
public:
  /// @param limit what channels hold when the connection stops reading.
  explicit read_account(size_t limit) : limit_(limit) {}

  void open(channel_id channel, duration hold_max);

  /// Whether what arrives for a channel is to be shed.
  [[nodiscard]] bool sheds(channel_id channel) const;

  /// Notes that a message was handed to a channel.
  void delivered(channel_id channel, size_t cost, time_point now);

  /// Notes that a channel is done with messages of that cost.
  /// @returns what the connection gets back.
  [[nodiscard]] size_t returned(channel_id channel, size_t cost);

  /// Notes that a channel ended, with all that it holds.
  /// @returns what the connection gets back.
  [[nodiscard]] size_t ended(channel_id channel);

  /// Gives up on channels that have kept the connection waiting for too long.
  /// @returns what the connection gets back.
  [[nodiscard]] size_t tick(time_point now);

  /// When `tick` has something to do, unless something is returned before.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// What the connection has not got back.
  [[nodiscard]] size_t held() const noexcept {
    return held_;
  }

private:
  /// When a channel got its messages up to a sum of costs.
  struct delivery {
    time_point when;
    uint64_t total;
  };

  struct account {
    duration hold_max;
    std::deque<delivery> waiting = {};
    uint64_t delivered = 0;
    uint64_t returned = 0;
    bool sheds = false;

    [[nodiscard]] size_t held() const {
      return static_cast<size_t>(delivered - returned);
    }
  };

  using account_map = std::map<channel_id, account>;

  [[nodiscard]] account_map::const_iterator holder() const;
  [[nodiscard]] time_point deadline(const account& which) const;
  size_t release(account& from, size_t cost);

  size_t limit_;
  size_t held_ = 0;
  size_t shedding_ = 0;
  account_map channels_;
};

} // namespace troupe
