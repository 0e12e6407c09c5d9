// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/timespan.hpp>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/wrapper.hpp"

namespace troupe {

/// An open channel for messages of some type: what `channel` is once the type
/// does not matter.
///
/// A small value to copy around. It holds the channel weakly: the node owns the
/// channel, which keeps its reactor alive. Messages are marshalled by who sends
/// them, once, and what is no message of the channel goes no further: the error
/// says why, and the channel counts it.
class any_channel {
public:
  using message_type = google::protobuf::Message;

  /// Constructs a channel that is closed.
  any_channel() = default;

  /// @param prototype any message of the channel's type.
  /// @param size_max  of a message, in bytes.
  any_channel(const channel_actor& handle, const message_type& prototype,
              size_t size_max);

  // -- messages ---------------------------------------------------------------

  /// Sends `message` to a peer. Nobody hears what becomes of it on the way.
  /// @returns `none`, or why nothing is sent: `malformed_message` if it is no
  ///          message of this channel, `oversized_message` if it is larger than
  ///          the channel's `recv_message_capacity`, `invalid_node_id` if
  ///          `peer` is null, `invalid_state` if the channel is closed.
  failure send(const node_id& peer, const message_type& message) const;

  /// Sends `message` to every connected peer that has the channel.
  /// @returns as `send`.
  failure broadcast(const message_type& message) const;

  // What takes `self`, the pointer to an actor, asks: the result is a response,
  // as that of `request` is, for `then` or `receive`:
  //
  //     wire.send(self, peer, ping).then([] { ... }, [](caf::error& why) { });

  /// Sends `message` to a peer and asks what becomes of it: nothing once its
  /// connection has taken it. Fails as `send`, and with `not_connected`,
  /// `peer_lacks_channel`, `queue_full`, or an error of CAF if the connection
  /// ends first or the channel is closed.
  template <class Self>
  auto send(Self&& self, const node_id& peer,
            const message_type& message) const {
    auto what = envelope_for(peer, message);
    if (!what)
      return self->request(actor(), caf::infinite, send_atom_v,
                           to_error(what.error()));
    return self->request(actor(), caf::infinite, send_atom_v, std::move(*what));
  }

  /// The same for every connected peer that has the channel: a
  /// `broadcast_report`, once that is known of all.
  template <class Self>
  auto broadcast(Self&& self, const message_type& message) const {
    auto what = marshal(message);
    if (!what)
      return self->request(actor(), caf::infinite, broadcast_atom_v,
                           to_error(what.error()));
    return self->request(actor(), caf::infinite, broadcast_atom_v,
                         std::move(*what));
  }

  /// Asks for room after a `queue_full`: nothing, once no message to that peer
  /// waits any more, so that the next one will be taken. Fails if the peer goes
  /// or does not have the channel, and with `queue_full` if more than a
  /// thousand such questions wait.
  template <class Self>
  auto writable(Self&& self, const node_id& peer) const {
    return self->request(actor(), caf::infinite, writable_atom_v, peer);
  }

  // -- peers ------------------------------------------------------------------

  /// Says what a peer did, in words for the log as well; it loses its
  /// connection.
  void report(const node_id& peer, blame code, std::string what) const;

  /// The same about the sender of a message, whose connection may have ended
  /// since.
  void report(const inbound_envelope& message, blame code,
              std::string what) const;

  /// Ends the connection of a peer, behind what was sent to it here before:
  /// the answer to a message, and why there will be no more. That gets `linger`
  /// to arrive, at most a minute.
  void disconnect(const node_id& peer,
                  caf::timespan linger = std::chrono::seconds{5}) const;

  // -- the channel ------------------------------------------------------------

  /// Closes the channel, behind what was sent before; its reactor lives on.
  /// Peers that have the channel lose their connections, and may come back
  /// without it.
  void close() const;

  /// The actor behind the channel, null once the channel is closed.
  [[nodiscard]] channel_actor actor() const {
    return caf::actor_cast<channel_actor>(address_);
  }

private:
  [[nodiscard]] result<message_body> marshal(const message_type& message) const;

  [[nodiscard]] result<outbound_envelope>
  envelope_for(const node_id& peer, const message_type& message) const;

  caf::actor_addr address_;
  std::shared_ptr<const wrapper> codec_;
  size_t size_max_ = 0;
};

/// An open channel for messages of type `T`, as its reactor holds it. If `T` is
/// a wrapper, a message with one `oneof` of messages and nothing else, its
/// members are sent, too, and arrive as themselves; generated code does not
/// tell which they are, so that anything else is refused when it is sent.
///
/// What peers send arrives at the reactor as `delivery` says, at most
/// `delivery_window` messages ahead of its answers.
template <class T>
class channel : public any_channel {
  static_assert(std::derived_from<T, google::protobuf::Message>,
                "troupe::channel<T>: T has to be a Protobuf message; "
                "troupe::RawMessage carries other bytes");

public:
  channel() = default;

  /// @param size_max of a message, in bytes.
  channel(const channel_actor& handle, size_t size_max)
    : any_channel(handle, T::default_instance(), size_max) {}
};

} // namespace troupe
