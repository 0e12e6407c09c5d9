// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/channel_map.hpp"
#include "troupe/messages/compact_queue.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/connection_messages.hpp"

namespace troupe {

/// What a channel may do with what it gets of a connection.
struct hold_terms {
  /// How long it may keep the connection waiting.
  duration hold_max;

  /// What it may hold before anything is withheld.
  size_t window;
};

/// What a connection gets back.
struct read_credit {
  size_t window = 0; ///< Of its read window.
  size_t memory = 0; ///< Of what it is charged for.

  friend bool operator==(const read_credit&, const read_credit&) = default;
};

/// What the channels of one connection hold of what it has read, and which of
/// them hold it for too long.
///
/// Each channel has a window of its own. As long as it holds no more than that,
/// the connection gets its window back as soon as a message is handed to the
/// channel; only what is beyond that is withheld. So a channel that falls
/// behind takes nothing from the others, at first.
///
/// When all of the connection's window is withheld, it does not read: whatever
/// the peer sends has to wait, pings among it, and a peer that hears no pong
/// hangs up. So a channel may keep a connection waiting for its `hold_max`.
/// Then the window gets back what is withheld for the channel, and what else
/// comes for it is to be shed, until it is done with all that it holds. The
/// more channels shed, the shorter the others may hold: together they stay
/// below twice the longest `hold_max`.
///
/// The memory of a message comes back when its channel is done with it,
/// whatever becomes of the window.
class read_account {
public:
  /// @param limit what is withheld when the connection stops reading; the
  ///              maximum if it never does.
  explicit read_account(size_t limit) : limit_(limit) {}

  /// Whether what arrives for a channel is to be shed.
  [[nodiscard]] bool sheds(channel_id channel) const;

  /// Notes that a message was handed to a channel.
  /// @param terms those of the channel, always the same.
  /// @returns the window that the connection gets back at once.
  [[nodiscard]] size_t delivered(channel_id channel, const hold_terms& terms,
                                 size_t cost, time_point now);

  /// Notes that a channel is done with messages of that cost.
  [[nodiscard]] read_credit returned(channel_id channel, size_t cost);

  /// Notes that a channel ended, with all that it holds.
  [[nodiscard]] read_credit ended(channel_id channel);

  /// Gives up on channels that have kept the connection waiting for too long.
  /// @returns the window that the connection gets back of each.
  [[nodiscard]] std::vector<channel_credit> tick(time_point now);

  /// When `tick` has something to do, unless something is returned before.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// What the channels hold.
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
    hold_terms terms;
    compact_queue<delivery> waiting = {};
    uint64_t delivered = 0;
    uint64_t returned = 0;
    bool sheds = false;

    [[nodiscard]] size_t held() const {
      return static_cast<size_t>(delivered - returned);
    }

    /// A channel that sheds has cost the connection enough.
    [[nodiscard]] size_t withheld() const {
      return sheds ? 0 : held() - std::min(held(), terms.window);
    }
  };

  using account_map = channel_map<account>;

  [[nodiscard]] account_map::const_iterator holder() const;
  [[nodiscard]] time_point deadline(const account& which) const;
  read_credit release(account& from, size_t cost);

  size_t limit_;
  size_t held_ = 0;
  size_t withheld_ = 0;
  size_t shedding_ = 0;
  account_map channels_; // Those that hold something.
};

} // namespace troupe
