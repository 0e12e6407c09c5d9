// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/messages/secret_array.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/p256_key.hpp"

namespace troupe {

/// What a node presents in TLS handshakes, and the key that goes with it.
struct node_certificate {
  /// X.509 in DER, as `check_certificates` expects it.
  bytes certificate;

  /// The certificate's key, PKCS #8 in DER.
  secret_array<p256_key::private_key_size> private_key;
};

/// Makes a certificate for a node, of a new key that has nothing to do with the
/// node's own (libp2p spec, "libp2p TLS Handshake"). It is valid from an hour
/// before `now`, for clocks that are slow, and for a hundred years.
node_certificate make_certificate(const node_key& node, entropy& source,
                                  wall_time now);

} // namespace troupe
