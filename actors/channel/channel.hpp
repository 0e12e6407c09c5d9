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
#include "troupe/actors/channel/question_key.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

class exchange_rules;
class wrapper;

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
  any_channel(const channel_actor& handle, const message_type& prototype,
              const channel_descriptor& descriptor);

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

  /// The same with a message that makes an older one pointless: what still
  /// waits for a peer under the same `key`, which must not be empty, is shed,
  /// and this one has its place. For what changes often and matters only as it
  /// is now, such as one's height.
  failure send_latest(const node_id& peer, std::string key,
                      const message_type& message) const;
  failure broadcast_latest(std::string key, const message_type& message) const;

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

  // -- questions --------------------------------------------------------------

  /// Asks a peer: sends `message`, one of the questions that the descriptor's
  /// `exchanges` name, and gives back the answer, an `inbound_envelope`. Only
  /// an answer of that peer with the key of the question is one. No answer ever
  /// goes to the reactor; one that nobody asked for is counted, and blamed if
  /// the descriptor says so. Answers pass by other messages, so that a reactor
  /// may wait for one inside its handler.
  ///
  /// Fails as `send`, with `timeout` after `patience` from now, and with
  /// `queue_full` if the peer has `asks_per_peer` questions, or that one,
  /// already. `malformed_message` says that the message asks nothing.
  template <class Self>
  auto ask(Self&& self, const node_id& peer, const message_type& message,
           caf::timespan patience) const {
    auto what = question_in(message);
    auto to = what ? envelope_for(peer, message) : what.error();
    if (!to)
      return self->request(actor(), caf::infinite, ask_atom_v,
                           to_error(to.error()));
    return self->request(actor(), caf::infinite, ask_atom_v, std::move(*to),
                         uint64_t{what->kind}, std::move(what->value),
                         patience);
  }

  /// The same of whoever has the channel: first the peer with the fewest
  /// questions, and if that does not answer within `patience`, the next one, up
  /// to `peers` of them. Fails as the last one did, or with `not_connected` if
  /// there is none.
  template <class Self>
  auto ask_any(Self&& self, const message_type& message, caf::timespan patience,
               uint64_t peers = 3) const {
    auto what = question_in(message);
    auto body = what ? marshal(message) : what.error();
    if (!body)
      return self->request(actor(), caf::infinite, ask_atom_v,
                           to_error(body.error()));
    return self->request(actor(), caf::infinite, ask_atom_v, std::move(*body),
                         uint64_t{what->kind}, std::move(what->value), patience,
                         peers);
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

  [[nodiscard]] result<question_key>
  question_in(const message_type& message) const;

  caf::actor_addr address_;
  std::shared_ptr<const wrapper> codec_;
  std::shared_ptr<const exchange_rules> exchanges_;
  channel_id id_ = 0;
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

  channel(const channel_actor& handle, const channel_descriptor& descriptor)
    : any_channel(handle, T::default_instance(), descriptor) {}
};

} // namespace troupe
