// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/handshake_limits.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"

namespace troupe {

/// Decides which accepted connections may shake hands. A place is cheap to take
/// for a remote that then says nothing, so when all are taken, newcomers are
/// not made to wait but take the place of somebody else:
///
/// - the oldest of the subnet that has most, if that is more than the newcomer
///   would have: a flood from few addresses only ever displaces itself;
/// - otherwise, if nobody of the newcomer's subnet was seen lately, the oldest
///   that was asked to speak and has said nothing: an honest remote speaks at
///   once, and a flood from many subnets is soon known by all of them;
/// - otherwise the oldest of all, once it had its `grace`.
///
/// Who finds none is turned away at once.
class handshake_slots {
public:
  /// How many subnets are remembered; those seen first are forgotten first.
  static constexpr size_t subnets_max = 1024;

  explicit handshake_slots(const handshake_limits& limits) : limits_(limits) {}

  /// The answer to a newcomer.
  struct verdict {
    /// `none`; `too_many_from_ip` if the address or subnet has its share, and
    /// `rate_limited` if all places are taken by others.
    errc code = errc::none;

    /// The place of the newcomer, above 0.
    uint64_t slot = 0;

    /// The place that was taken from somebody else, whose connection has to
    /// end.
    std::optional<uint64_t> displaced = {};
  };

  /// Asks for a place.
  /// @param from absent for transports without IP addresses, and for addresses
  ///        that are exempt: only the total counts.
  [[nodiscard]] verdict enter(const std::optional<origin>& from,
                              time_point now);

  /// It is the remote's turn to speak.
  void listens(uint64_t slot);

  /// Something arrived.
  void heard(uint64_t slot);

  /// Gives a place back. @returns `false` if it was given back or taken away
  /// before.
  bool leave(uint64_t slot);

  [[nodiscard]] size_t size() const noexcept {
    return entries_.size();
  }

private:
  struct entry {
    std::optional<origin> from;
    time_point since;
    /// It was asked to speak, and has not.
    bool silent = false;
  };

  [[nodiscard]] size_t count(const ip_network& group) const;
  [[nodiscard]] bool has_share(const origin& from) const;
  [[nodiscard]] std::optional<uint64_t>
  find_victim(const std::optional<origin>& from, time_point now) const;
  [[nodiscard]] std::optional<uint64_t>
  find_greedy(const ip_network& group) const;
  [[nodiscard]] std::optional<uint64_t> find_silent() const;
  void remember(const ip_network& group);

  handshake_limits limits_;
  uint64_t last_ = 0;
  /// Ordered by age. At most `limits_.max`, which is small.
  std::map<uint64_t, entry> entries_;
  std::set<ip_network> seen_;
  /// The same, in the order in which they came.
  std::deque<ip_network> seen_first_;
};

} // namespace troupe
