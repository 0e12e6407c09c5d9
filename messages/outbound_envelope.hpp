// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/message_body.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe {

/// A message on its way to one peer (ADR-062, "Channels").
struct outbound_envelope {
  /// The receiver. Null is nobody.
  node_id to = {};

  channel_id channel = 0;

  message_body body = {};
};

template <class Inspector>
bool inspect(Inspector& f, outbound_envelope& x) {
  return f.object(x).fields(f.field("to", x.to), f.field("channel", x.channel),
                            f.field("body", x.body));
}

} // namespace troupe
