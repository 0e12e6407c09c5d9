// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/transport/mconn/delimited_reader.hpp"

namespace troupe {

/// Most bytes that a node says about itself, lengths of messages included, and
/// in how many messages, which are merged. As go-libp2p.
inline constexpr size_t identify_size_max = 8192;
inline constexpr size_t identify_messages_max = 10;

/// Most of each that are kept of what a node says; what comes behind them is
/// ignored. Names and addresses that are longer are ignored, too.
inline constexpr size_t identify_addresses_max = 32;
inline constexpr size_t identify_protocols_max = 128;
inline constexpr size_t identify_text_max = 256;

/// What a node says about itself (libp2p spec, "Identify"). Nothing of it is
/// proven, and texts hold any bytes.
///
///     1 publicKey        bytes
///     2 listenAddrs      bytes, repeated
///     3 protocols        string, repeated
///     4 observedAddr     bytes
///     5 protocolVersion  string
///     6 agentVersion     string
///     8 signedPeerRecord, which is ignored
struct identify_info {
  /// As `encode_libp2p_key` writes it.
  bytes public_key = {};

  /// Where it listens: multiaddrs in binary.
  std::vector<bytes> listen_addresses = {};

  /// Names of what it accepts.
  std::vector<std::string> protocols = {};

  /// From where it sees the other side come: a multiaddr in binary.
  bytes observed_address = {};

  std::string protocol_version = {};
  std::string agent_version = {};

  friend bool operator==(const identify_info&, const identify_info&) = default;
};

/// Encodes the message, without a length.
bytes encode(const identify_info& info);

/// Decodes a message, and merges it into `out`: lists are added, values take
/// the place of older ones. Out of a broken one, `out` has some.
/// @returns whether it is well-formed.
bool merge_identify(byte_view message, identify_info& out);

/// Whether the node accepts messages on the channel, as it says.
bool names_channel(const identify_info& info, channel_id channel);

/// All channels that the node names, in order.
std::vector<channel_id> named_channels(const identify_info& info);

/// Collects what a node says about itself, wherever the network cuts it:
/// delimited messages until the stream ends.
class identify_reader {
public:
  /// @returns `malformed_handshake` as soon as it is none or there is too much
  ///          of it. It sticks.
  [[nodiscard]] errc consume(byte_view input);

  /// Takes the end of the stream.
  /// @returns like `consume`, also if there was no message or the last one is
  ///          cut off.
  [[nodiscard]] errc finish();

  /// What has been said.
  [[nodiscard]] const identify_info& info() const noexcept {
    return info_;
  }

private:
  delimited_reader reader_{identify_size_max, errc::malformed_handshake,
                           errc::malformed_handshake};
  identify_info info_;
  size_t size_ = 0;
  size_t messages_ = 0;
  bool between_ = true; // Not within a message.
  errc error_ = errc::none;
};

} // namespace troupe
