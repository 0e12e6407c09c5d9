// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/attempt_table.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"

namespace troupe {

class connection_tracker;

/// The place of one inbound connection in a `connection_tracker`: counted for
/// as long as this lives, and counted down once, however the connection ends.
/// Must not outlive its tracker.
class connection_slot {
public:
  connection_slot() = default;

  connection_slot(connection_slot&& other) noexcept;

  connection_slot& operator=(connection_slot&& other) noexcept;

  ~connection_slot();

  /// Counts down now. Again changes nothing.
  void release() noexcept;

private:
  friend connection_tracker;

  struct keys {
    ip_network ip;
    /// Absent: the address counts for itself.
    std::optional<ip_network> subnet;
  };

  connection_slot(connection_tracker* tracker, std::optional<keys> counted)
    : tracker_(tracker),
      counted_(counted) {}

  connection_tracker* tracker_ = nullptr;
  /// Under which keys the connection counts; none if it is exempt.
  std::optional<keys> counted_;
};

/// Decides who may connect as far as the IP address tells, before a byte is
/// read: counts live inbound connections by address and by subnet, and limits
/// the rate of attempts (reference, "Connection tracker").
///
/// Every attempt counts, also of those who are connected already. The limits
/// are nested, address in subnet in total, and the last half of each is kept
/// for those who took least: an address cannot use up what is left for the
/// neighbors in its subnet, nor a subnet what is left for the others. Being
/// refused costs nothing, so that trying again later works.
class connection_tracker {
public:
  /// @param limits have to be valid.
  explicit connection_tracker(inbound_limits limits);

  connection_tracker(const connection_tracker&) = delete;

  connection_tracker& operator=(const connection_tracker&) = delete;

  /// The answer to an attempt.
  struct verdict {
    /// `none`, `too_many_from_ip` or `rate_limited`.
    errc code = errc::none;
    connection_slot slot = {};
  };

  /// Decides about an attempt to connect.
  [[nodiscard]] verdict attempt(const ip_address& ip, time_point now);

  /// Replaces the limits. Connections that are there stay.
  void set_limits(inbound_limits limits);

  /// Forgets addresses that were quiet for long enough.
  void expire(time_point now);

  /// When there is something to `expire`; in the past if there already is.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  // -- queries ----------------------------------------------------------------

  /// Live connections, the exempt ones included.
  [[nodiscard]] size_t live() const noexcept {
    return live_;
  }

  /// Live connections of an address.
  [[nodiscard]] size_t live(const ip_address& ip) const;

  /// Addresses that are remembered, and subnets.
  [[nodiscard]] size_t tracked_ips() const noexcept {
    return ips_.size();
  }

  [[nodiscard]] size_t tracked_subnets() const noexcept {
    return subnets_.size();
  }

private:
  friend connection_slot;

  [[nodiscard]] errc check(const connection_slot::keys& who, time_point now);
  void release(const std::optional<connection_slot::keys>& counted);

  inbound_limits limits_;
  attempt_table ips_;
  attempt_table subnets_;
  std::optional<token_bucket> total_;
  size_t live_ = 0;
};

} // namespace troupe
