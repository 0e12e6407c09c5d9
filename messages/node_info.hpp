// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// Largest encoded node info in bytes, without its length prefix.
inline constexpr size_t max_node_info_size = 10'240;

/// Most channels that a node info may list.
inline constexpr size_t max_node_info_channels = 16;

/// Versions of the protocols that a node speaks. Only `block` decides whether
/// two nodes get along.
struct protocol_version {
  uint64_t p2p = 8;
  uint64_t block = 11;
  uint64_t app = 0;

  friend bool operator==(const protocol_version&, const protocol_version&)
      = default;
};

/// What nodes tell each other about themselves right after they have
/// authenticated (spec p2p, "NodeInfo handshake").
///
/// The text fields hold whatever the remote sent until `validate` has approved
/// of them: any bytes, not even UTF-8.
struct node_info {
  protocol_version versions = {};

  /// ID as text, 40 hexadecimal digits.
  std::string node_id = {};

  /// Where the node can be dialed, `tcp://0.0.0.0:26656`.
  std::string listen_addr = {};

  /// Name of the network; nodes of different networks do not connect.
  std::string network = {};

  /// Version of the software. Informational.
  std::string version = {};

  /// Channels that the node has opened.
  std::vector<channel_id> channels = {};

  /// Name of the node. Informational.
  std::string moniker = {};

  /// `"on"`, `"off"` or empty.
  std::string tx_index = {};

  /// Where the node answers RPC. Informational, may be empty.
  std::string rpc_address = {};

  /// Whether the node has opened `channel`.
  [[nodiscard]] bool has_channel(channel_id channel) const noexcept;

  friend bool operator==(const node_info&, const node_info&) = default;
};

/// Encodes `info`, without a length prefix. The bytes are those that the Go
/// encoder makes.
bytes encode(const node_info& info);

/// Decodes a body without its length prefix. Does not call `validate`.
/// @returns `invalid_node_info` for more than `max_node_info_size` bytes and
///          for anything that is not the message.
result<node_info> decode_node_info(byte_view body);

/// Checks the rules for a received node info (spec p2p, "Validation"), which
/// hold for our own as well. A host name in `listen_addr` is checked for its
/// syntax only: looking up a name that the remote chose would let it stall
/// handshakes.
/// @returns `invalid_node_info` with the field, its value and what was
///          expected, or `none`.
failure validate(const node_info& info);

/// Checks whether a connection makes sense (spec p2p, "Compatibility"). When
/// `ours` lists no channel, theirs do not matter.
/// @returns `wrong_block_version`, `wrong_network` or `no_common_channel`, in
///          this order, with both values, or `none`.
failure compatible(const node_info& ours, const node_info& theirs);

/// Returns all of `info` that `compatible` looks at, as text: nodes with the
/// same profile fit the same nodes. `11 32,112 cosmoshub-4`: the block version,
/// the channels in order, the network.
std::string profile_of(const node_info& info);

template <class Inspector>
bool inspect(Inspector& f, protocol_version& x) {
  return f.object(x).fields(f.field("p2p", x.p2p), f.field("block", x.block),
                            f.field("app", x.app));
}

template <class Inspector>
bool inspect(Inspector& f, node_info& x) {
  return f.object(x).fields(
      f.field("versions", x.versions), f.field("node_id", x.node_id),
      f.field("listen_addr", x.listen_addr), f.field("network", x.network),
      f.field("version", x.version), f.field("channels", x.channels),
      f.field("moniker", x.moniker), f.field("tx_index", x.tx_index),
      f.field("rpc_address", x.rpc_address));
}

} // namespace troupe
