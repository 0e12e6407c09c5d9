// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"
#include "troupe/transport/quic/udp_place.hpp"

namespace troupe {

/// First packets of connections that wait for somebody who accepts them, as in
/// a backlog of TCP. Nothing is known of who has sent them but an address, and
/// that may be wrong: nobody's address has all places, nor has its subnet.
class quic_backlog {
public:
  /// Most packets that wait, those of one address, those of one subnet where
  /// subnets count, and how long.
  static constexpr size_t size_max = 64;
  static constexpr size_t per_ip_max = size_max / 4;
  static constexpr size_t per_subnet_max = size_max / 2;
  static constexpr duration wait_max = std::chrono::seconds{3};

  /// A first packet, the socket on which it came, and from where to where.
  struct caller {
    uint64_t socket = 0;
    udp_place from;
    std::optional<ip_address> to = {};
    bytes datagram;
  };

  /// @param limits say which subnets count, and who is exempt.
  explicit quic_backlog(inbound_limits limits) : limits_(std::move(limits)) {}

  void set_limits(inbound_limits limits) {
    limits_ = std::move(limits);
  }

  /// Adds a packet that came now. @returns `false` if there is no place for it.
  bool add(caller who, time_point now);

  /// Takes the packet that has waited longest, if there is one.
  [[nodiscard]] std::optional<caller> take(time_point now);

  /// Whether so many wait that whoever comes should show first that he is where
  /// he says he is.
  [[nodiscard]] bool is_crowded(time_point now);

  void clear() noexcept {
    waiting_.clear();
  }

private:
  struct entry {
    caller who;
    time_point until;
  };

  [[nodiscard]] bool has_share(const ip_address& ip) const;
  void expire(time_point now);

  inbound_limits limits_;
  std::deque<entry> waiting_; // The oldest first.
};

} // namespace troupe
