// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/payload.hpp"

namespace troupe {

/// A message on its way to one peer or to all (ADR-062, "Channels").
struct outbound_envelope {
  /// The receiver. Null means every connected peer that has the channel.
  node_id to;

  /// The message, wrapped or not.
  payload message;
};

template <class Inspector>
bool inspect(Inspector& f, outbound_envelope& x) {
  return f.object(x).fields(f.field("to", x.to), f.field("message", x.message));
}

} // namespace troupe
