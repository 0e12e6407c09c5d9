// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_sender.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/transport/quic/lp2p/lp2p_codes.hpp"
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"

namespace troupe {

void lp2p_sender::set_named(std::span<const channel_id> channels) {
  for (auto channel : channels)
    named_.set(channel);
}

void lp2p_sender::send(outbound_message message) {
  ++waiting_;
  channel_of(message.channel)
      .waiting.push_back({.body = std::move(message.body), .order = ++order_});
}

lp2p_sender::channel_state& lp2p_sender::channel_of(channel_id channel) {
  auto [i, added] = channels_.try_emplace(channel);
  if (added)
    i->second.open_max = options_.streams_per_channel;
  return i->second;
}

/// The channel whose message is the oldest of those that may go.
const std::pair<const channel_id, lp2p_sender::channel_state>*
lp2p_sender::next_channel(time_point now) const {
  if (waiting_ == 0 || unanswered_ >= options_.unanswered_streams)
    return nullptr;
  const std::pair<const channel_id, channel_state>* result = nullptr;
  for (const auto& entry : channels_) {
    const auto& channel = entry.second;
    if (channel.waiting.empty() || channel.open >= channel.open_max
        || now < channel.not_before)
      continue;
    if (result == nullptr
        || channel.waiting.front().order < result->second.waiting.front().order)
      result = &entry;
  }
  if (result == nullptr)
    return nullptr;
  const auto size = result->second.waiting.front().body.size();
  const auto fits
      = streams_.empty() || open_bytes_ + size <= options_.outgoing_bytes;
  return fits ? result : nullptr;
}

// -- what happens to streams --------------------------------------------------

void lp2p_sender::opened(stream_id stream, time_point now) {
  const auto* next = next_channel(now);
  assert(next != nullptr);
  const auto id = next->first;
  auto& channel = channels_[id];
  const auto protocol
      = to_string(lp2p_protocol{lp2p_protocol::kind::message, id});
  const auto [i, added] = streams_.try_emplace(
      stream, stream_state{.channel = id,
                           .content = std::move(channel.waiting.front()),
                           .negotiation = multistream_opener{protocol},
                           .deadline = now + options_.send_time});
  assert(added);
  channel.waiting.pop_front();
  --waiting_;
  ++channel.open;
  ++unanswered_;
  i->second.size = i->second.content.body.size();
  open_bytes_ += i->second.size;
  auto head = multistream_proposal(protocol);
  if (named_.test(id)) {
    write_message(i, std::move(head));
    return;
  }
  i->second.given = head.size();
  actions_.emplace_back(
      stream_write{.stream = stream, .head = std::move(head)});
}

/// Hands all of a message to the transport, behind `head`.
void lp2p_sender::write_message(iterator i, bytes head) {
  auto& [stream, state] = *i;
  append_uvarint(head, state.content.body.size());
  state.given += head.size() + state.content.body.size();
  state.whole = true;
  actions_.emplace_back(stream_write{.stream = stream,
                                     .head = std::move(head),
                                     .body = state.content.body,
                                     .fin = true});
}

void lp2p_sender::received(stream_id stream, byte_view data, bool fin,
                           time_point now) {
  auto i = streams_.find(stream);
  if (i == streams_.end())
    return;
  auto& state = i->second;
  const auto was_agreed = state.negotiation.agreed();
  const auto code = state.negotiation.consume(data);
  if (code != errc::none) {
    give_up(i,
            code == errc::peer_lacks_channel ? code : errc::connection_closed,
            code == errc::peer_lacks_channel
                ? lp2p_stream_code::none
                : lp2p_stream_code::negotiation_failed);
    return;
  }
  if (state.negotiation.agreed() && !was_agreed) {
    --unanswered_;
    state.deadline = now + options_.send_time;
    if (!state.whole)
      write_message(i, {});
  }
  state.ended = state.ended || fin;
  if (!state.ended)
    return;
  if (!state.negotiation.agreed())
    give_up(i, errc::connection_closed, lp2p_stream_code::none);
  else if (state.has_left())
    arrived(i);
}

void lp2p_sender::reset(stream_id stream, uint64_t code, time_point now) {
  if (auto i = streams_.find(stream); i != streams_.end())
    refused(i, code, now);
}

void lp2p_sender::sent(stream_id stream, uint64_t total, time_point now) {
  auto i = streams_.find(stream);
  if (i == streams_.end() || total <= i->second.sent)
    return;
  auto& state = i->second;
  state.sent = total;
  state.deadline = now + options_.send_time;
  if (!state.has_left())
    return;
  credit(state.channel, state.content);
  if (state.ended)
    arrived(i);
}

void lp2p_sender::closed(stream_id stream, std::optional<uint64_t> code,
                         time_point now) {
  if (auto i = streams_.find(stream); i != streams_.end())
    refused(i, code.value_or(lp2p_stream_code::none), now);
}

// -- ends of streams ----------------------------------------------------------

void lp2p_sender::credit(channel_id channel, letter& content) {
  if (std::exchange(content.credited, true))
    return;
  const auto cost = message_cost(content.body.size());
  const auto known
      = std::ranges::find(sent_, channel, &channel_credit::channel);
  if (known == sent_.end())
    sent_.push_back({channel, cost});
  else
    known->cost += cost;
}

void lp2p_sender::arrived(iterator i) {
  auto& channel = channel_of(i->second.channel);
  channel.pause = {};
  channel.open_max
      = std::min(channel.open_max + 1, options_.streams_per_channel);
  credit(i->second.channel, i->second.content);
  forget(i);
}

/// The remote has ended a stream without taking its message.
void lp2p_sender::refused(iterator i, uint64_t code, time_point now) {
  auto& state = i->second;
  if (code != lp2p_stream_code::resource_limit) {
    give_up(i, errc::connection_closed, lp2p_stream_code::none);
    return;
  }
  if (++state.content.attempts > options_.repeats) {
    give_up(i, errc::rate_limited, lp2p_stream_code::none);
    return;
  }
  auto& channel = channel_of(state.channel);
  // Streams that were opened together are refused together: that counts once.
  if (now >= channel.not_before) {
    channel.open_max = std::max<size_t>(channel.open_max / 2, 1);
    channel.pause
        = std::clamp(channel.pause * 2, options_.pause_min, options_.pause_max);
    channel.not_before = now + channel.pause;
  }
  ++repeats_;
  ++waiting_;
  const auto place = std::ranges::upper_bound(
      channel.waiting, state.content.order, {}, &letter::order);
  channel.waiting.insert(place, std::move(state.content));
  actions_.emplace_back(stream_reset{i->first, lp2p_stream_code::none});
  actions_.emplace_back(stream_stop{i->first, lp2p_stream_code::none});
  forget(i);
}

void lp2p_sender::give_up(iterator i, errc reason, uint64_t code) {
  lost_.push_back({i->second.channel, reason});
  credit(i->second.channel, i->second.content);
  actions_.emplace_back(stream_reset{i->first, code});
  actions_.emplace_back(stream_stop{i->first, code});
  forget(i);
}

void lp2p_sender::forget(iterator i) {
  const auto& state = i->second;
  --channel_of(state.channel).open;
  if (!state.negotiation.agreed())
    --unanswered_;
  open_bytes_ -= state.size;
  streams_.erase(i);
}

// -- what comes of it ---------------------------------------------------------

void lp2p_sender::tick(time_point now) {
  for (auto i = streams_.begin(); i != streams_.end();) {
    auto current = i++;
    if (now >= current->second.deadline)
      give_up(current, errc::timeout, lp2p_stream_code::none);
  }
}

time_point lp2p_sender::next_wakeup(time_point now) const {
  auto result = time_point::max();
  for (const auto& [stream, state] : streams_)
    result = std::min(result, state.deadline);
  for (const auto& [id, channel] : channels_)
    if (!channel.waiting.empty() && channel.not_before > now)
      result = std::min(result, channel.not_before);
  return result;
}

std::vector<stream_action> lp2p_sender::take_actions() {
  return std::exchange(actions_, {});
}

std::vector<channel_credit> lp2p_sender::take_sent() {
  return std::exchange(sent_, {});
}

std::vector<lost_message> lp2p_sender::take_lost() {
  return std::exchange(lost_, {});
}

} // namespace troupe
