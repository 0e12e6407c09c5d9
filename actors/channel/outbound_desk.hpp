// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/error.hpp>
#include <caf/message.hpp>
#include <caf/result.hpp>

#include "troupe/actors/channel/open_broadcast.hpp"
#include "troupe/actors/channel/peer_routes.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/broadcast_report.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/outbound_envelope.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

/// Passes on what a channel's reactor sends, to the senders of peers. `Self` is
/// the pointer to the channel's actor.
template <class Self>
class outbound_desk {
public:
  /// The last three outlive the desk.
  outbound_desk(Self self, channel_id channel, const peer_routes& routes,
                metrics& counters, event_log& lines)
    : self_(self),
      channel_(channel),
      routes_(routes),
      counters_(counters),
      lines_(lines) {}

  template <class... Key>
  caf::result<void> send(const outbound_envelope& envelope, const Key&... key) {
    const auto* way = routes_.find(envelope.to);
    if (way == nullptr)
      return refuse(errc::not_connected);
    if (!way->sender)
      return refuse(errc::peer_lacks_channel);
    return self_->delegate(
        way->sender, send_atom_v,
        outbound_envelope{envelope.to, channel_, envelope.body}, key...);
  }

  template <class... Key>
  caf::result<broadcast_report> broadcast(const message_body& body,
                                          const Key&... key) {
    passed_on_ += routes_.size();
    auto message = outbound_envelope{{}, channel_, body};
    if (self_->current_message_id().is_request())
      return broadcast_and_ask(message, key...);
    const auto content
        = caf::make_message(send_atom_v, std::move(message), key...);
    // Anonymous, because a refusal would come back as an error and end us. The
    // senders count what they refuse.
    for (const auto& [peer, way] : routes_)
      if (way.sender)
        caf::actor_cast<caf::abstract_actor*>(way.sender)
            ->enqueue(make_entry(nullptr, caf::make_message_id(), content),
                      self_->context());
    return broadcast_report{};
  }

  caf::result<void> wait_for_room(const node_id& peer) {
    const auto* way = routes_.find(peer);
    if (way == nullptr)
      return caf::make_error(errc::not_connected);
    if (!way->sender)
      return caf::make_error(errc::peer_lacks_channel);
    return self_->delegate(way->sender, writable_atom_v, channel_);
  }

  /// A mistake of the reactor, which may not look at what its calls return.
  caf::error not_sent(const caf::error& reason) {
    lines_.warn("not_sent", "channel={:#04x} reason={}", channel_,
                log_text(text_of(reason)));
    std::ignore = refuse(code_of(reason, errc::invalid_state));
    return reason;
  }

  /// Of broadcasts since the last call: to pass one on to so many peers takes
  /// as long as another message.
  size_t take_effort() {
    constexpr size_t peers_a_message = 256;
    return std::exchange(passed_on_, passed_on_ % peers_a_message)
           / peers_a_message;
  }

private:
  /// No more answers are awaited than messages wait at the senders, which are
  /// bounded.
  template <class... Key>
  caf::result<broadcast_report>
  broadcast_and_ask(const outbound_envelope& message, const Key&... key) {
    auto all = std::make_shared<open_broadcast>(
        self_->template make_response_promise<broadcast_report>());
    for (const auto& [peer, way] : routes_)
      if (way.sender)
        open_broadcast::send(all, self_, way.sender, send_atom_v, message,
                             key...);
    return all->close();
  }

  caf::error refuse(errc code) {
    counters_.dropped(channel_, direction::outbound, to_string(code));
    return caf::make_error(code);
  }

  Self self_;
  channel_id channel_;
  const peer_routes& routes_;
  metrics& counters_;
  event_log& lines_;
  size_t passed_on_ = 0; // To peers.
};

} // namespace troupe
