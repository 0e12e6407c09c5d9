// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe {

/// Whether messages can reach a peer.
enum class peer_status : uint8_t { down, up };

constexpr std::string_view to_string(peer_status x) {
  return x == peer_status::up ? "up" : "down";
}

/// What a handshake tells about a peer.
struct peer_info {
  /// Where the other end of the connection is. The port of an inbound
  /// connection is not one that can be dialed.
  endpoint remote = {};

  /// The name that the peer gives itself. Not unique, not verified.
  std::string moniker = {};

  /// The channels that the peer has open, whether we have them or not.
  std::vector<channel_id> channels = {};

  friend bool operator==(const peer_info&, const peer_info&) = default;
};

/// Tells a reactor that a peer came or went (ADR-062, "Peer Updates").
///
/// The updates about one peer alternate: *up*, then *down*, with the
/// connection's generation in both.
struct peer_update {
  node_id peer = {};

  peer_status status = peer_status::down;

  /// Number of the connection. No two connections of a node's life share one.
  uint64_t generation = 0;

  direction way = direction::inbound;

  /// Only in *up*.
  peer_info info = {};

  /// Why the connection ended. Only in *down*.
  errc reason = errc::none;

  friend bool operator==(const peer_update&, const peer_update&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, peer_status& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<peer_status>(value);
    return value <= static_cast<uint8_t>(peer_status::up);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, peer_info& x) {
  return f.object(x).fields(f.field("remote", x.remote),
                            f.field("moniker", x.moniker),
                            f.field("channels", x.channels));
}

template <class Inspector>
bool inspect(Inspector& f, peer_update& x) {
  return f.object(x).fields(
      f.field("peer", x.peer), f.field("status", x.status),
      f.field("generation", x.generation), f.field("way", x.way),
      f.field("info", x.info), f.field("reason", x.reason));
}

} // namespace troupe
