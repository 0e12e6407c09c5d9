// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/subnet_size.hpp"

namespace troupe {

/// How many accepted connections may be on their way to become a peer.
struct handshake_limits {
  /// From everywhere, at least 1.
  size_t max = 64;

  /// From one IP address and from one subnet, at least 1.
  size_t max_per_ip = 16;
  size_t max_per_subnet = 32;

  /// How long a handshake is left alone when others want its place. Honest ones
  /// take three round trips.
  duration grace = std::chrono::seconds{2};
};

/// Checks each value.
/// @returns `invalid_option`, the context names the option, its value and what
///          was expected; or `none`.
failure validate(const handshake_limits& limits);

/// Decides which accepted connections may shake hands. A place is cheap to take
/// for a remote that then says nothing, so when all are taken, newcomers are
/// not made to wait but take the place of somebody else:
///
/// - the oldest of the subnet that has most, if that is more than the newcomer
///   would have: a flood from few addresses only ever displaces itself;
/// - otherwise the oldest of all, once it had its `grace`.
///
/// Who finds neither is turned away at once (design trap T-43).
class handshake_slots {
public:
  handshake_slots(const handshake_limits& limits, const subnet_size& size)
    : limits_(limits),
      subnet_size_(size) {}

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
  /// @param ip absent for transports without IP addresses, and for addresses
  ///        that are exempt: only the total counts.
  [[nodiscard]] verdict enter(const std::optional<ip_address>& ip,
                              time_point now);

  /// Gives a place back. @returns `false` if it was given back or taken away
  /// before.
  bool leave(uint64_t slot);

  /// Changes what counts as one subnet, for newcomers.
  void set_subnet_size(const subnet_size& size) {
    subnet_size_ = size;
  }

  [[nodiscard]] size_t size() const noexcept {
    return entries_.size();
  }

private:
  struct entry {
    std::optional<ip_address> ip;
    std::optional<ip_network> subnet;
    time_point since;
  };

  [[nodiscard]] size_t
  count_subnet(const std::optional<ip_network>& subnet) const;
  [[nodiscard]] std::optional<uint64_t>
  find_victim(const std::optional<ip_network>& subnet, time_point now) const;

  handshake_limits limits_;
  subnet_size subnet_size_;
  uint64_t last_ = 0;
  /// Ordered by age. At most `limits_.max`, which is small.
  std::map<uint64_t, entry> entries_;
};

} // namespace troupe
