// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// What a gateway has given us.
struct port_grant {
  /// Where the world finds us.
  ip_address ip = {};
  uint16_t port = 0;
  /// For how long; 0 means for ever.
  duration lease = {};
};

/// Asks the gateway of the network that we are in for ports, by one protocol.
/// Those of TCP and of UDP are apart: each may have the same number. Blocks,
/// for some seconds at most: for a thread of its own.
class gateway_client {
public:
  gateway_client() = default;

  gateway_client(const gateway_client&) = delete;

  gateway_client& operator=(const gateway_client&) = delete;

  virtual ~gateway_client() = default;

  /// Asks for a port that leads to our `port`, the same one if that is free;
  /// or renews it.
  /// @returns `timeout` if nobody answers, or `connection_refused`.
  virtual result<port_grant> map(ip_carrier over, uint16_t port, duration lease)
      = 0;

  /// Gives back what leads to our `port`.
  virtual failure unmap(ip_carrier over, uint16_t port) = 0;
};

/// Makes a client of NAT-PMP (RFC 6886). Null if this build has none.
std::unique_ptr<gateway_client> make_natpmp_client();

/// Makes a client of UPnP's Internet Gateway Device. Null if this build has
/// none.
std::unique_ptr<gateway_client> make_upnp_client();

} // namespace troupe
