// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Most endpoints of an address that are tried: a name may have any number.
inline constexpr size_t dialer_endpoints_max = 8;

/// Where a name may lead that we have from a peer.
struct name_limits {
  /// Endpoints of our own.
  std::vector<endpoint> own = {};

  /// Whether private networks, and this machine, are places like others.
  bool private_too = false;
};

/// Whether a name that a peer told may lead there. Otherwise it could let us
/// knock at ports of our own machine and network, which only we can reach.
bool may_lead_to(const endpoint& where, const name_limits& limits);

/// Orders addresses so that families take turns, each in the order in which it
/// was, beginning with the first one's: where one family leads nowhere, the
/// second attempt is of the other.
std::vector<ip_address>
interleave_families(const std::vector<ip_address>& addresses);

/// Which endpoints of an address to try, and when: the next one when the last
/// attempt has failed, or has gone on for a while (RFC 8305, section 5).
///
/// A synchronous state machine: `next` until it has none, then ask again at
/// `next_wakeup` and whenever an attempt has `failed`.
class dial_plan {
public:
  /// From one attempt to the next, if the first one says nothing.
  static constexpr duration attempt_delay = std::chrono::milliseconds{250};

  /// Attempts at once.
  static constexpr size_t attempts_max = 4;

  dial_plan() = default;

  /// @param endpoints in the order in which to try them; those behind the
  ///        first `dialer_endpoints_max` are left out.
  explicit dial_plan(const std::vector<endpoint>& endpoints);

  /// Returns the endpoint to try now, if there is one; an attempt begins.
  std::optional<endpoint> next(time_point now);

  /// When `next` has one without a further event.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// An attempt has ended. The next one need not wait.
  void failed();

  /// One of the attempts has ended well: no further one begins.
  void succeeded();

  /// Whether no attempt goes on.
  [[nodiscard]] bool is_idle() const {
    return running_ == 0;
  }

  /// Whether nothing is left to try.
  [[nodiscard]] bool is_over() const {
    return is_idle() && left_.empty();
  }

private:
  std::deque<endpoint> left_;
  size_t running_ = 0;
  /// When the next attempt may begin.
  time_point next_at_ = time_point::min();
};

} // namespace troupe
