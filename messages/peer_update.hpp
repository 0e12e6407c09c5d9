// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe {

/// What became of a peer.
enum class peer_status : uint8_t {
  /// Messages cannot reach it.
  down,
  /// Messages can reach it.
  up,
  /// Its score rose.
  good,
  /// Its score fell.
  bad,
  /// It is kept out for a time.
  banned,
};

inline std::string to_string(peer_status x) {
  constexpr const char* names[] = {"down", "up", "good", "bad", "banned"};
  auto index = static_cast<size_t>(x);
  return index < std::size(names) ? names[index] : "unknown";
}

/// Whether the status is one of those that every subscriber gets.
constexpr bool is_connectivity(peer_status x) {
  return x == peer_status::down || x == peer_status::up;
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

  /// The version of its software, as it says. Printable ASCII.
  std::string version = {};

  /// Where it says that it can be dialed, `tcp://0.0.0.0:26656`. Not verified;
  /// port 0 means that it cannot be.
  std::string listen_addr = {};

  friend bool operator==(const peer_info&, const peer_info&) = default;
};

/// Tells a reactor what became of a peer (ADR-062, "Peer Updates").
///
/// *Up* and *down* of one peer alternate, with the connection's generation in
/// both. *Good*, *bad* and *banned* come in between, and for peers that are not
/// connected, too; only those get them who asked for all updates.
struct peer_update {
  node_id peer = {};

  peer_status status = peer_status::down;

  /// Number of the connection, 0 if there is none. No two connections of a
  /// node's life share one.
  uint64_t generation = 0;

  direction way = direction::inbound;

  /// Only in *up*.
  peer_info info = {};

  /// Whether the configuration says that the peer is to stay: it is persistent
  /// or unconditional. Only in *up*.
  bool kept = false;

  /// Whether there is no slot for the peer, and it only visits: its connection
  /// ends within seconds, which are enough to answer a question. It can get and
  /// send messages as others can. Only in *up*.
  bool visitor = false;

  /// Why the connection ended, or the peer is banned. Only in *down* and
  /// *banned*.
  errc reason = errc::none;

  /// What there is to say about `reason`, for humans; empty if nothing. Only
  /// in *down* and *banned*.
  std::string text = {};

  /// The score of its behaviour, in thousandths of a point. Only in *good* and
  /// *bad*.
  int64_t score_milli = 0;

  /// How many updates the subscriber has lost right before this one, because
  /// it did not keep up. It does well to ask for a snapshot.
  uint64_t lost = 0;

  friend bool operator==(const peer_update&, const peer_update&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, peer_status& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<peer_status>(value);
    return value <= static_cast<uint8_t>(peer_status::banned);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, peer_info& x) {
  return f.object(x).fields(
      f.field("remote", x.remote), f.field("moniker", x.moniker),
      f.field("channels", x.channels), f.field("version", x.version),
      f.field("listen_addr", x.listen_addr));
}

template <class Inspector>
bool inspect(Inspector& f, peer_update& x) {
  return f.object(x).fields(
      f.field("peer", x.peer), f.field("status", x.status),
      f.field("generation", x.generation), f.field("way", x.way),
      f.field("info", x.info), f.field("kept", x.kept),
      f.field("visitor", x.visitor), f.field("reason", x.reason),
      f.field("text", x.text), f.field("score_milli", x.score_milli),
      f.field("lost", x.lost));
}

} // namespace troupe
