// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/transport/tcp/socket_io.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

/// Port that is dialed if an address names none: CometBFT's P2P port.
/// (Tendermint 0.35 dials 26657, the RPC port, which cannot have been meant.)
inline constexpr uint16_t default_port = 26656;

/// Checks that TCP can dial `where`: a protocol of ours, an IP address that
/// is neither multicast nor broadcast, no path.
failure validate_tcp_dial(const endpoint& where);

/// Checks of an address what can be known before its host is looked up: that
/// there is no path, and that an IP address is one that TCP can dial. Addresses
/// of other protocols pass.
/// @returns `invalid_address`, the context names the part, or `none`.
failure validate_tcp_dial(const node_address& where);

/// Checks that TCP can listen at `where`: as above, and any port.
failure validate_tcp_listen(const endpoint& where);

/// Opens a non-blocking listening socket, with address reuse, so that a
/// restarted node gets its port back. One for IPv6 takes nothing of IPv4.
/// @returns `cannot_listen`, and the context says why.
result<unique_socket> listen_tcp(const endpoint& where);

/// Starts connecting a non-blocking socket. The socket becomes writable once
/// the outcome is known; `connect_outcome` then tells it.
/// @returns `connection_refused` if it fails at once, `file_error` if we are
/// out of descriptors or memory.
result<unique_socket> connect_tcp(const endpoint& where);

/// Returns what became of a connect: no error, or `connection_refused`.
failure connect_outcome(int fd);

/// A connection that was accepted, or why there is none.
struct accept_result {
  accept_status status;
  unique_socket socket;
};

/// Takes a waiting connection from a listening socket, non-blocking.
accept_result accept_tcp(int listener);

/// Returns the address a socket is bound to.
endpoint local_endpoint_of(int fd);

/// Returns the address of the other side.
endpoint remote_endpoint_of(int fd);

/// Tells the other side that nothing more comes, behind what was written; it
/// can still be read from.
void finish_tcp(int fd);

/// Ends both directions at once. What the kernel already took is still sent;
/// a write that waits for a remote that does not read fails.
void abort_tcp(int fd);

/// Lets closing the socket reset the connection: the remote learns at once, and
/// nothing of the connection stays behind in the kernel.
void reset_on_close(int fd);

/// Lets the kernel take no more than `unsent_max` bytes ahead of the network.
void keep_unsent_short(int fd);

/// Reads what is there, at most `out.size()` bytes, without waiting.
io_result read_some(int fd, byte_span out);

/// Writes what the kernel takes without waiting.
io_result write_some(int fd, byte_view data);

/// Says whether the remote has hung up, without reading.
hangup hangup_of(int fd);

/// Makes a second descriptor for the same socket.
unique_socket duplicate(int fd);

} // namespace troupe
