// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe {

/// What a peer did wrong (ADR-062, "Channels"), as a channel or a receiver
/// tells the router. The peer loses its connection.
struct peer_error {
  node_id peer = {};

  /// What the peer did, for whoever has to react to it.
  errc code = errc::unexpected_message;

  /// What the peer did, for whoever reads the log.
  std::string what = {};

  friend bool operator==(const peer_error&, const peer_error&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, peer_error& x) {
  return f.object(x).fields(f.field("peer", x.peer), f.field("code", x.code),
                            f.field("what", x.what));
}

} // namespace troupe
