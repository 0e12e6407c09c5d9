// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <caf/result.hpp>
#include <caf/unit.hpp>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/payload.hpp"

namespace troupe {

namespace detail {

template <class F>
struct handler_argument : handler_argument<decltype(&F::operator())> {};

template <class R, class F, class T>
struct handler_argument<R (F::*)(const T&) const> {
  using type = T;
};

template <class R, class F, class T>
struct handler_argument<R (F::*)(const T&)> {
  using type = T;
};

template <class F>
bool call_if_match(const payload& message, F& handler) {
  using type = typename handler_argument<std::decay_t<F>>::type;
  auto content = message.as<type>();
  if (content != nullptr)
    handler(*content);
  return content != nullptr;
}

/// Fails with `unexpected_message`, and the type of the message as context.
caf::result<void> unexpected_message(const payload& message);

} // namespace detail

/// A message on its way to one peer or to all (ADR-062, "Channels").
struct outbound_envelope {
  /// The receiver. Null means every connected peer that has the channel.
  node_id to;

  /// The message, wrapped or not.
  payload message;
};

/// A message that a peer sent, as a reactor gets it: taken out of its wrapper.
/// Whoever handles it says by its response that it is done with it; an error
/// as response counts as an error of the peer and ends its connection.
struct inbound_envelope {
  /// The sender, authenticated.
  node_id from;

  channel_id channel = 0;

  /// Number of the connection, as in `peer_update`.
  uint64_t generation = 0;

  payload message;

  /// Calls the first of `handlers` whose parameter, a Protobuf message type,
  /// is the type of the message. Made to be returned from a reactor's handler:
  /// @returns `unexpected_message` if there is no such handler, which reports
  ///          an error of the peer.
  template <class... Handlers>
  [[nodiscard]] caf::result<void> match(Handlers&&... handlers) const {
    if ((detail::call_if_match(message, handlers) || ...))
      return caf::unit;
    return detail::unexpected_message(message);
  }
};

template <class Inspector>
bool inspect(Inspector& f, outbound_envelope& x) {
  return f.object(x).fields(f.field("to", x.to), f.field("message", x.message));
}

template <class Inspector>
bool inspect(Inspector& f, inbound_envelope& x) {
  return f.object(x).fields(
      f.field("from", x.from), f.field("channel", x.channel),
      f.field("generation", x.generation), f.field("message", x.message));
}

} // namespace troupe
