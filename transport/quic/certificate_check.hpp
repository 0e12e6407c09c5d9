// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Who a remote is, as its certificate says. That the remote holds the key of
/// the certificate is for TLS to check.
struct certified_node {
  ed25519_public_key key;
  node_id id;
};

/// Checks what a remote has presented in its TLS handshake (libp2p spec,
/// "libp2p TLS Handshake", "Peer Authentication"): there is exactly one
/// certificate, which is valid `now` and signed with its own key, and in its
/// extension a node signs that key. Keys of certificates are those of P-256 and
/// Ed25519, the nodes' are of Ed25519.
///
/// Whom we dialed is not looked at: see `verify_identity`.
/// @returns `malformed_handshake`, `unsupported_key_type`, `low_order_point` or
///          `invalid_signature`; the context says more.
result<certified_node> check_certificates(std::span<const byte_view> presented,
                                          wall_time now);

} // namespace troupe
