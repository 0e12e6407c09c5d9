// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel_rules.hpp"

#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/peer/peer_receiver_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/outbound_envelope.hpp"

namespace troupe {

namespace {

/// Most questions for room that a channel has not yet passed on.
constexpr size_t questions_max = 1024;

/// Messages of one peer that come together.
using run = std::vector<inbound_envelope>;

} // namespace

channel_rules::channel_rules(const channel_descriptor& channel,
                             exchange_rules exchanges, metrics count)
  : id_(channel.id),
    waits_(channel.on_full == overflow::wait),
    exchanges_(std::move(exchanges)),
    counters_(std::move(count)),
    outbound_(channel.send_total_bytes, channel.send_total_messages),
    asking_(questions_max, questions_max) {
  // A peer that waits is bounded by its window.
  if (!waits_)
    limits_ = {.bytes_max = channel.recv_queue_bytes,
               .messages_max = channel.recv_queue_messages};
}

bool channel_rules::is_envelope(const caf::message& content) const {
  if (!content.match_elements<deliver_atom, run, size_t, uint32_t>())
    return false;
  const auto& all = content.get_as<run>(1);
  // Where there are questions, answers come one by one.
  if (all.size() != 1 || !exchanges_.has_answers())
    return !all.empty();
  const auto& what = all.front();
  return !what.message || !exchanges_.is_answer(*what.message)
         || !passes_.take(what.from);
}

result<channel_rules::place>
channel_rules::sort(const caf::message& content) const {
  auto limits = limits_;
  limits.weight = content.get_as<uint32_t>(3);
  return place{content.get_as<run>(1).front().from, limits,
               content.get_as<size_t>(2)};
}

caf::strong_actor_ptr
channel_rules::passes_to(const caf::message& content) const {
  if (!content.match_elements<send_atom, outbound_envelope>()
      && !content.match_elements<send_atom, outbound_envelope, std::string>())
    return nullptr;
  const auto& what = content.get_as<outbound_envelope>(1);
  return what.channel == id_ && outbound_.empty()
             ? routes_.past_channel(what.to)
             : nullptr;
}

errc channel_rules::admit(const caf::message& content) const {
  if (content.match_elements<add_peer_atom, connection_ref, caf::actor>()
      || content.match_elements<remove_peer_atom, connection_ref>())
    routes_.change_comes();
  if (content.match_elements<writable_atom, node_id>())
    return asking_.enter(1) ? errc::none : errc::queue_full;
  auto size = size_of(content);
  if (!size || outbound_.enter(message_cost(*size)))
    return errc::none;
  // What was not sent to begin with has its own reason.
  return content.match_element<caf::error>(1)
             ? code_of(content.get_as<caf::error>(1), errc::queue_full)
             : errc::queue_full;
}

void channel_rules::refused(const caf::message&, errc code) const {
  count(direction::outbound, to_string(code), 1);
}

void channel_rules::shed(const caf::mailbox_element& what, qos_loss) const {
  count(direction::inbound, to_string(errc::queue_full),
        what.payload.get_as<run>(1).size());
  if (!waits_)
    return;
  if (auto to = caf::actor_cast<peer_receiver_actor>(what.sender))
    caf::anon_send(to, credit_atom_v, id_, what.payload.get_as<size_t>(2));
}

channel_rules::passage channel_rules::arrived(size_t size) const {
  return passage{outbound_, message_cost(size)};
}

void channel_rules::asked() const {
  asking_.leave(1);
}

/// Of what the reactor sends; nothing for all other messages.
std::optional<size_t> channel_rules::size_of(const caf::message& content) {
  if (content.match_elements<send_atom, outbound_envelope>()
      || content.match_elements<send_atom, outbound_envelope, std::string>())
    return content.get_as<outbound_envelope>(1).body.size();
  if (content.match_elements<broadcast_atom, message_body>()
      || content.match_elements<broadcast_atom, message_body, std::string>())
    return content.get_as<message_body>(1).size();
  if (content.match_elements<ask_atom, outbound_envelope, uint64_t, std::string,
                             caf::timespan>())
    return content.get_as<outbound_envelope>(1).body.size();
  if (content.match_elements<ask_atom, message_body, uint64_t, std::string,
                             caf::timespan, uint64_t>())
    return content.get_as<message_body>(1).size();
  if (content.match_elements<send_atom, caf::error>()
      || content.match_elements<broadcast_atom, caf::error>()
      || content.match_elements<ask_atom, caf::error>())
    return 0;
  return std::nullopt;
}

void channel_rules::count(direction way, const std::string& reason,
                          size_t messages) const {
  auto counters = counters_;
  counters.dropped(id_, way, reason, static_cast<uint32_t>(messages));
  losses_.add({id_, way, reason}, messages);
}

} // namespace troupe
