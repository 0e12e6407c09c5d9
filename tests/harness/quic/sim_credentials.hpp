// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "troupe/transport/quic/quic_credentials.hpp"

namespace troupe::testing {

/// Makes the identity of a simulated node: in place of TLS, its connections
/// have a handshake with the messages, the keys and the order of TLS 1.3 (RFC
/// 8446; RFC 9001, 4), whose random numbers are those of the simulation. Either
/// side proves the node key that it names, with a signature; packets are
/// protected by `sim_cipher`, and first packets as everybody's are. All of the
/// rest is real.
///
/// It protects nothing: who listens can read along. It is here, and not beside
/// the real one, so that no program can have it by mistake.
/// @param random has to outlive all connections.
result<std::shared_ptr<const quic_credentials>>
make_sim_credentials(const node_key& key, std::vector<std::string> protocols,
                     entropy& random, wall_time now);

/// Makes that of an impostor, who says that he holds another key than he does.
std::shared_ptr<const quic_credentials>
make_sim_impostor(const node_key& key, const ed25519_public_key& claimed,
                  std::vector<std::string> protocols, entropy& random);

} // namespace troupe::testing
