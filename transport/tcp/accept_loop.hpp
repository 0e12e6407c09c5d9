// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/connection_tracker.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"
#include "troupe/transport/admission/ip_filter.hpp"
#include "troupe/transport/tcp/socket_io.hpp"

namespace troupe {

/// Whom a transport accepts.
struct accept_options {
  /// Most accepted connections alive at once. Others wait in the kernel's
  /// backlog.
  size_t max_accepted = 256;

  /// Who may connect, as far as the IP address tells.
  inbound_limits limits = {};
  ip_filter lists = {};
};

/// Decides when connections are taken from a listening socket, and which of
/// them stay. Whoever owns the socket takes one after the other while
/// `may_take`, and tells what it `found`; who was accepted is let in if
/// `arrived` says so.
class accept_loop {
public:
  /// Connections that are taken within `turn`, whatever becomes of them, so
  /// that a flood leaves time to the connections that are there.
  static constexpr size_t accepts_a_turn = 32;
  static constexpr duration turn = std::chrono::milliseconds{5};

  /// How long nothing is taken when the process is out of descriptors, the
  /// first time and at most.
  static constexpr duration pause_min = std::chrono::milliseconds{5};
  static constexpr duration pause_max = std::chrono::seconds{1};

  explicit accept_loop(accept_options options);

  accept_loop(const accept_loop&) = delete;

  accept_loop& operator=(const accept_loop&) = delete;

  /// Whether to take a connection now.
  [[nodiscard]] bool may_take(time_point now) const;

  /// Notes what an attempt to take one came to.
  void found(accept_status status, time_point now);

  /// Decides about a connection that was accepted. Nothing is spent on a remote
  /// before this.
  /// @returns `none` and its slot, or why it is turned away: `filtered`,
  ///          `too_many_from_ip`, `rate_limited`.
  [[nodiscard]] connection_tracker::verdict arrived(const ip_address& from,
                                                    time_point now);

  /// Replaces the limits, and the most connections if they say how many.
  /// Connections that are there stay.
  void set_limits(inbound_limits limits);

  /// Forgets what tells nothing any more.
  void expire(time_point now) {
    tracker_.expire(now);
  }

  /// When there is something to `expire`, or a pause ends.
  [[nodiscard]] std::optional<time_point> next_wakeup(time_point now) const;

private:
  void rest(time_point until);

  size_t max_accepted_;
  ip_filter lists_;
  connection_tracker tracker_;
  time_point turn_began_ = time_point::min();
  size_t taken_ = 0; // In this turn.
  duration pause_ = pause_min;
  time_point rest_until_ = time_point::min();
};

} // namespace troupe
