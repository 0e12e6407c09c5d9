// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "troupe/messages/channel_descriptor.hpp"

namespace troupe {

/// What a stream of lp2p is for, once both sides have agreed on it.
struct lp2p_protocol {
  enum class kind : uint8_t {
    /// The acceptor says what it is and can: `/ipfs/id/1.0.0`.
    identify,
    /// The acceptor sends back what it gets: `/ipfs/ping/1.0.0`.
    ping,
    /// One message of a channel: `/p2p/cometbft/1.0.0/channel/0x40`.
    message,
  };

  kind what = kind::identify;

  /// Of `message`; 0 for the others.
  channel_id channel = 0;

  friend bool operator==(const lp2p_protocol&, const lp2p_protocol&) = default;
};

/// Returns the name as it stands in a negotiation.
std::string to_string(const lp2p_protocol& x);

/// Parses what `to_string` prints, and nothing else.
std::optional<lp2p_protocol> parse_lp2p_protocol(std::string_view name);

} // namespace troupe
