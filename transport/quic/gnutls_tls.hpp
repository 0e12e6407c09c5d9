// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/node_certificate.hpp"
#include "troupe/transport/quic/quic_credentials.hpp"
#include "troupe/transport/quic/quic_tls.hpp"

namespace troupe {

/// Makes the TLS of a node's connections, with GnuTLS: 1.3 only, certificates
/// on both sides, no tickets and no early data. May be used by several threads.
class gnutls_identity final
  : public quic_credentials,
    public std::enable_shared_from_this<gnutls_identity> {
public:
  /// @param protocols that are spoken (ALPN), the preferred one first. There is
  ///                  no connection without one in common.
  /// @returns `invalid_key` if GnuTLS does not take the certificate.
  static result<std::shared_ptr<const gnutls_identity>>
  make(const node_certificate& certificate, std::vector<std::string> protocols);

  ~gnutls_identity() override;

  result<std::unique_ptr<quic_tls>> open(direction who,
                                         wall_time now) const override;

  /// Makes the TLS of one connection, which keeps this alive.
  /// @param now the time of day at which certificates have to be valid.
  /// @returns `malformed_handshake` if GnuTLS has no memory.
  static result<std::unique_ptr<quic_tls>>
  open(std::shared_ptr<const gnutls_identity> identity, direction who,
       wall_time now);

private:
  class session;
  struct parts;

  gnutls_identity();

  std::unique_ptr<parts> parts_;
};

/// Makes the identity of a node with GnuTLS, and a certificate as libp2p has
/// it: see `quic_credentials_maker`.
/// @returns `invalid_key` if GnuTLS does not take that.
result<std::shared_ptr<const quic_credentials>>
make_gnutls_credentials(const node_key& key, std::vector<std::string> protocols,
                        entropy& random, wall_time now);

} // namespace troupe
