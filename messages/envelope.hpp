// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <caf/result.hpp>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/delivery_token.hpp"
#include "troupe/messages/message_match.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/payload.hpp"

namespace troupe {

/// A message that a peer sent, as a reactor gets it: taken out of its wrapper.
///
/// The reactor's response acknowledges it, and lets the next one come; what
/// `match` returns does that, too, and saves the response where there is
/// nothing to say. An error of the category `blame` as response counts against
/// the peer and ends its connection; any other is an error of the reactor,
/// which is logged and counted.
struct inbound_envelope {
  /// The sender, authenticated.
  node_id from;

  channel_id channel = 0;

  /// Number of the connection, as in `peer_update`.
  uint64_t generation = 0;

  payload message;

  /// How `match` acknowledges the message.
  delivery_token token = {};

  /// Calls the first of `handlers` that takes a message of this type. Made to
  /// be returned from a reactor's handler:
  ///
  ///     return in.match([&](const Ping& ping) { channel.send(...); },
  ///                     [&](Block block) { return store(std::move(block)); });
  ///
  /// A handler takes one Protobuf message, by reference to `const` or by value.
  /// One that takes any, as `const google::protobuf::Message&` or as a generic
  /// lambda does, comes last. What a handler returns is the response: nothing,
  /// a `caf::result<void>`, a `blame`, a `caf::error` or a promise of
  /// `make_response_promise<void>()`, which delays the acknowledgement. Nothing
  /// else does: not a promise that is made and not returned, nor one behind
  /// `match`.
  /// @returns what the handler did, or `blame::unexpected_message` if there is
  ///          none for that type.
  template <class... Handlers>
  [[nodiscard]] caf::result<void> match(Handlers&&... handlers) const {
    auto outcome = detail::match(message, handlers...);
    if (token.settle(detail::is_done(outcome)))
      return caf::delegated<void>{};
    return outcome;
  }
};

template <class Inspector>
bool inspect(Inspector& f, inbound_envelope& x) {
  return f.object(x).fields(
      f.field("from", x.from), f.field("channel", x.channel),
      f.field("generation", x.generation), f.field("message", x.message));
}

} // namespace troupe
