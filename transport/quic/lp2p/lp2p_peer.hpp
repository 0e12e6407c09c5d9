// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/transport/quic/lp2p/identify.hpp"

namespace troupe {

/// Name of the network in what is made of a peer of lp2p. No network has it:
/// nothing in the protocol keeps two of them apart.
inline constexpr auto lp2p_unknown_network = "";

/// What is known of a peer of lp2p, where nodes exchange no node info.
struct lp2p_peer {
  /// Made of what the peer says about itself with identify:
  ///
  /// | field | is |
  /// |---|---|
  /// | `node_id` | the proven ID |
  /// | `listen_addr` | the first place where it says that it listens, or else
  /// where it is now | | `network` | `lp2p_unknown_network` | | `version` | the
  /// version of its protocols, if it says one | | `channels` | those it names,
  /// no more than a node info may have | | `moniker` | the name of its
  /// software, or `lp2p` |
  ///
  /// It passes `validate`; `compatible` would find another network.
  node_info info;

  /// Whether the peer named a channel. If not, it may have any.
  bool told_channels = false;

  /// Whether identify was proven like a node info is. It never is: only the ID
  /// is proven.
  static constexpr bool info_proven = false;
};

/// Makes what is known of a peer.
/// @param said null if the peer has not answered.
/// @param ip where the peer is now. @param port likewise.
lp2p_peer describe_lp2p_peer(const node_id& proven, const identify_info* said,
                             const ip_address& ip, uint16_t port);

} // namespace troupe
