// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/quic/quic_tls.hpp"

namespace troupe::testing {

/// Who one end of a simulated handshake is.
struct sim_tls_self {
  node_key key;

  /// What it says its key is.
  ed25519_public_key claimed;

  std::vector<std::string> protocols;

  /// Outlives all connections.
  entropy* random;
};

/// Makes one end of a simulated handshake: see `make_sim_credentials`.
std::unique_ptr<quic_tls> make_sim_tls(std::shared_ptr<const sim_tls_self> self,
                                       direction who);

} // namespace troupe::testing
