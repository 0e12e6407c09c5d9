// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/timespan.hpp>

#include "troupe/actors/channel/channel_actor.hpp"

namespace troupe {

/// An open channel, as its reactor holds it: a small value to copy around. It
/// holds the channel weakly: the node owns the channel, which keeps its reactor
/// alive. Once the channel is closed, nothing is sent.
///
/// What peers send arrives at the reactor as `inbound_envelope`, at most
/// `delivery_window` messages ahead of its answers. To learn what becomes of a
/// message, send it with `request` instead:
///
///     self->request(echo.actor(), 5s, troupe::send_atom_v, echo.to(peer, msg))
class channel {
public:
  channel() = default;

  explicit channel(const channel_actor& handle) : address_(handle.address()) {}

  /// Sends `message` to a peer.
  void send(const node_id& peer,
            const google::protobuf::Message& message) const;

  /// Sends `message` to every connected peer that has the channel.
  void broadcast(const google::protobuf::Message& message) const;

  /// Says what a peer did, in words for the log as well; it loses its
  /// connection.
  void report(const node_id& peer, blame code, std::string what) const;

  /// Ends the connection of a peer, behind what was sent to it here before:
  /// the answer to a message, and why there will be no more. That gets `linger`
  /// to arrive, at most a minute.
  void disconnect(const node_id& peer,
                  caf::timespan linger = std::chrono::seconds{5}) const;

  /// Returns an envelope to be sent with `request`.
  [[nodiscard]] outbound_envelope
  to(const node_id& peer, const google::protobuf::Message& message) const {
    return {peer, payload::copy_of(message)};
  }

  /// The actor behind the channel, null once the channel is closed.
  [[nodiscard]] channel_actor actor() const {
    return caf::actor_cast<channel_actor>(address_);
  }

private:
  caf::actor_addr address_;
};

} // namespace troupe
