// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/quic_tls.hpp"

namespace troupe {

/// What a node presents to others, and makes the TLS of its connections with.
/// May be used by several threads.
class quic_credentials {
public:
  quic_credentials() = default;

  quic_credentials(const quic_credentials&) = delete;

  quic_credentials& operator=(const quic_credentials&) = delete;

  virtual ~quic_credentials() = default;

  /// Makes the TLS of one connection, which keeps this alive.
  /// @param now the time of day at which certificates have to be valid.
  /// @returns `malformed_handshake` if there is no memory.
  [[nodiscard]] virtual result<std::unique_ptr<quic_tls>>
  open(direction who, wall_time now) const = 0;
};

/// Makes the identity of a node that has this key and speaks these protocols
/// (ALPN), the preferred one first.
using quic_credentials_maker
    = std::function<result<std::shared_ptr<const quic_credentials>>(
        const node_key& key, std::vector<std::string> protocols,
        entropy& random, wall_time now)>;

} // namespace troupe
