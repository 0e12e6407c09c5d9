// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// Everything that can go wrong, as one flat list. A code earns its place when
/// some caller reacts to it differently from its neighbors; wording for humans
/// travels beside it, in `failure::context` or in the context of a
/// `caf::error`. Values are stable: append only.
enum class errc : uint8_t {
  /// No error.
  none = 0,

  // -- addresses, identities, options -----------------------------------------

  /// Text is not a node ID: 40 hexadecimal digits were expected.
  invalid_node_id,
  /// Text is not a node address; the context names the part.
  invalid_address,
  /// An endpoint lacks what its transport needs, or carries too much.
  invalid_endpoint,
  /// A key file does not hold an ed25519 node key.
  invalid_key,
  /// An option has a value that makes no sense; the context names it.
  invalid_option,
  /// A host name has no address.
  unknown_host,
  /// Reading or writing a file failed.
  file_error,

  // -- secret connection ------------------------------------------------------

  /// The remote sent bytes that are not the message expected at this step.
  malformed_handshake,
  /// A handshake message announces more bytes than allowed.
  oversized_handshake,
  /// The remote's ephemeral key, or the key of its identity, is a low-order
  /// point.
  low_order_point,
  /// The remote sent our own ephemeral key back to us.
  reflected_key,
  /// The remote authenticates with a key that is not ed25519.
  unsupported_key_type,
  /// The signature over the challenge does not verify.
  invalid_signature,
  /// A frame does not open: flipped bits, wrong key, or a replayed frame.
  undecryptable_frame,
  /// A frame announces more than 1024 bytes.
  oversized_frame,
  /// 2^64 - 1 frames went one way; the nonce must not wrap.
  nonce_exhausted,

  // -- node info --------------------------------------------------------------

  /// The remote's node info breaks a rule of the handshake; the context says
  /// which.
  invalid_node_info,
  /// The key of the remote does not hash to the ID that its node info claims.
  identity_mismatch,
  /// The remote is not the node we dialed.
  unexpected_peer,
  /// The remote belongs to another network.
  wrong_network,
  /// The remote speaks another block protocol.
  wrong_block_version,
  /// The remote and we have no channel in common.
  no_common_channel,
  /// The remote is this very node.
  self_connection,

  // -- packets ----------------------------------------------------------------

  /// A packet is not a valid Protobuf message or has no content.
  malformed_packet,
  /// A packet announces more bytes than the limit.
  oversized_packet,
  /// A packet names a channel that is not open here.
  unknown_channel,
  /// A message exceeds the capacity of its channel.
  oversized_message,

  // -- connections ------------------------------------------------------------

  /// The remote closed the connection.
  connection_closed,
  /// The remote refused the connection or cannot be reached.
  connection_refused,
  /// A step did not finish within its time; the context names the step.
  timeout,
  /// Nothing arrived for longer than the pong timeout.
  peer_silent,
  /// The protocol of an address has no transport here.
  unsupported_protocol,
  /// A local address cannot be listened on.
  cannot_listen,
  /// An operation came in a state that does not allow it.
  invalid_state,

  // -- peers ------------------------------------------------------------------

  /// The peer manager never handed out the peer or address in question.
  unknown_peer,
  /// There already is a connection to this peer.
  already_connected,
  /// All connection slots are taken.
  too_many_peers,
  /// A list of the configuration, or a filter of the user, refused the peer.
  filtered,
  /// The peer was evicted.
  evicted,

  // -- channels ---------------------------------------------------------------

  /// A channel descriptor breaks a rule; the context says which.
  invalid_channel,
  /// The channel ID is in use on this node.
  duplicate_channel,
  /// The receiver of a message is not connected.
  not_connected,
  /// The receiver of a message does not have the channel.
  peer_lacks_channel,
  /// A queue is full; the message was dropped.
  queue_full,
  /// A message is not of the channel's type or cannot be parsed.
  malformed_message,
  /// A reactor has no use for the message it got.
  unexpected_message,
  /// The node stops.
  shutting_down,
  /// The peer store cannot be read or written.
  store_failed,
  /// The peer is banned for a time.
  banned,
  /// The peer did not fit at the last handshake, and nothing has changed since.
  incompatible,
  /// Too many connections come from that IP address or subnet.
  too_many_from_ip,
  /// Something was asked for more often than allowed.
  rate_limited,
  /// An operator asked for it.
  by_operator,
  /// The peer behaved badly too often.
  misbehaved,

  // -- memory, and how connections end ----------------------------------------

  /// A message that had arrived in part did not get on.
  stalled_message,
  /// A connection held more of our memory than it may, or more than its share
  /// when there was none left.
  over_budget,
  /// We closed the connection, behind all that we had to say.
  hung_up,
  /// We closed the connection to make it anew, since our channels have changed.
  channels_changed,

  // -- reactors of other processes --------------------------------------------

  /// The process at the other end is gone or cannot be reached: that of the
  /// node, for a reactor elsewhere, or that of the reactor, for the node.
  node_lost,

  // -- this machine -----------------------------------------------------------

  /// The cryptographic libraries of this machine do not do what each handshake
  /// needs; the context names it.
  broken_cryptography,
};

/// Returns the name of `code` as it stands in the source, `"invalid_node_id"`.
/// A value that is not in the list yields `"unknown"`.
std::string to_string(errc code);

/// Parses what `to_string` prints. @returns `false` for any other text.
bool from_string(std::string_view text, errc& code);

/// Converts the underlying integer. @returns `false` if it names no code.
bool from_integer(uint8_t value, errc& code);

/// A code and what a human needs beside it: the input, and what was expected.
struct failure {
  errc code = errc::none;
  std::string context;
};

/// Prints `context`, or the name of the code when there is no context.
std::string to_string(const failure& what);

template <class Inspector>
bool inspect(Inspector& f, errc& code) {
  auto get = [&code] { return static_cast<uint8_t>(code); };
  auto set = [&code](uint8_t value) { return from_integer(value, code); };
  return f.apply(get, set);
}

} // namespace troupe
