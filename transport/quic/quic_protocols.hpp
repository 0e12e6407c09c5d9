// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/transport/mconn/mconn_stream_options.hpp"
#include "troupe/transport/quic/lp2p_over_quic.hpp"
#include "troupe/transport/quic/quic_session.hpp"
#include "troupe/transport/verify_peer.hpp"

namespace troupe {

/// Which protocols a node speaks over QUIC, and with whom: `troupe/1` with
/// everybody, and libp2p's with those that it knows beforehand. That one says
/// nothing of networks.
class quic_protocols {
public:
  /// @param lp2p_peers who may speak libp2p's. If there is nobody, it is not
  ///                   offered.
  explicit quic_protocols(std::set<node_id> lp2p_peers = {})
    : lp2p_peers_(std::move(lp2p_peers)) {}

  /// Their names in TLS (ALPN), the preferred one first.
  [[nodiscard]] std::vector<std::string> names() const;

  /// The limits of connections, of which nobody knows yet what they will speak.
  [[nodiscard]] quic_options limits(const mconn_stream_options& node) const;

  /// Whether a remote may speak the protocol that both sides agree on.
  /// @returns `filtered` or `none`.
  [[nodiscard]] failure check(const std::string& protocol,
                              const node_id& remote) const;

  /// Makes the session of a connection.
  /// @param random has to outlive it.
  [[nodiscard]] static std::unique_ptr<quic_session>
  make_session(const std::string& protocol, lp2p_terms terms,
               acceptance accepted, direction who, entropy& random);

private:
  std::set<node_id> lp2p_peers_;
};

} // namespace troupe
