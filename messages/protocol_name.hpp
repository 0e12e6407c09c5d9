// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace troupe {

/// The protocol names of the TCP transport; they mean the same.
inline constexpr std::string_view mconn_protocol = "mconn";
/// Another name for `mconn_protocol`.
inline constexpr std::string_view tcp_protocol = "tcp";

/// The name of the transport over UDP.
inline constexpr std::string_view quic_protocol = "quic";

/// Whether that is a name of the TCP transport.
constexpr bool is_tcp_protocol(std::string_view protocol) {
  return protocol == mconn_protocol || protocol == tcp_protocol;
}

/// What the built-in transports of networks run over.
enum class ip_carrier : uint8_t {
  /// MConnection does.
  tcp,
  /// QUIC does.
  udp,
};

} // namespace troupe
