// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "troupe/messages/errc.hpp"

namespace troupe {

/// Why a connection of QUIC is over.
struct quic_end {
  /// In our words: `connection_closed` if either side wanted it so,
  /// `connection_refused` if nobody accepts connections there,
  /// `peer_silent` and `timeout` if nothing came, what TLS found, or
  /// `malformed_packet` if the remote broke the rules of QUIC.
  failure why;

  /// The code of the protocol above with which the remote closed, if it did
  /// that and the code came from there (CONNECTION_CLOSE of type 0x1d).
  std::optional<uint64_t> remote_code = {};

  /// What it said with that, as it is: it is text only if it wanted that.
  std::string remote_reason = {};
};

} // namespace troupe
