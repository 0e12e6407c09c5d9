// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/packet_scheduler.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "troupe/transport/mconn/channel_position.hpp"

namespace troupe {

shared_bytes packet_scheduler::backlog::pop() noexcept {
  auto result = std::move(messages[first]);
  ++first;
  offset = 0;
  if (first >= 64 && first * 2 >= messages.size()) {
    messages.erase(messages.begin(),
                   messages.begin() + static_cast<std::ptrdiff_t>(first));
    first = 0;
    // A remote that always leaves one message waiting would otherwise have us
    // keep room for as many as there once were.
    if (messages.capacity() / 4 > messages.size())
      messages.shrink_to_fit();
  }
  return result;
}

packet_scheduler::packet_scheduler(std::span<const channel_descriptor> channels,
                                   size_t payload_max)
  : payload_max_(payload_max) {
  assert(payload_max > 0 && payload_max <= max_packet_payload);
  channels_.reserve(channels.size());
  for (const auto& descriptor : channels)
    if (channel_position(channels_, descriptor.id) == channels_.size())
      channels_.push_back(
          {.id = descriptor.id,
           .priority = static_cast<float>(std::max(descriptor.priority, 1))});
}

errc packet_scheduler::push(channel_id channel, shared_bytes message) {
  assert(message);
  const auto position = channel_position(channels_, channel, latest_);
  if (position == channels_.size())
    return errc::unknown_channel;
  latest_ = position;
  auto size = message_wire_size(channel, message.size(), payload_max_);
  enqueue(position, std::move(message));
  pending_ += size;
  return errc::none;
}

void packet_scheduler::enqueue(size_t channel, shared_bytes message) {
  auto i = backlogs_.begin();
  while (i != backlogs_.end() && i->channel < channel)
    ++i;
  if (i != backlogs_.end() && i->channel == channel) {
    i->messages.push_back(std::move(message));
    return;
  }
  // None is ever empty, whatever throws.
  backlog made{channel, std::exchange(spare_, {})};
  made.messages.push_back(std::move(message));
  backlogs_.insert(i, std::move(made));
}

void packet_scheduler::end(backlogs::iterator which) noexcept {
  // Keeps a small buffer: most channels carry one message at a time.
  if (which->messages.capacity() <= 16) {
    spare_ = std::move(which->messages);
    spare_.clear();
  }
  backlogs_.erase(which);
  if (backlogs_.empty() && backlogs_.capacity() > 2)
    backlogs_ = backlogs{};
}

std::optional<packet_scheduler::packet> packet_scheduler::next(time_point now) {
  decay(now);
  const auto which = select();
  if (which == backlogs_.end())
    return std::nullopt;
  auto& from = channels_[which->channel];
  auto rest = byte_view{which->messages[which->first]}.subspan(which->offset);
  packet result;
  result.channel = from.id;
  result.eof = rest.size() <= max_packet_data(from.id, payload_max_);
  result.data = rest.first(std::min(rest.size(), payload_max_));
  result.wire_size
      = packet_wire_size(result.channel, result.eof, result.data.size());
  from.recently_sent += result.wire_size;
  which->offset += result.data.size();
  pending_ -= result.wire_size;
  if (result.eof) {
    result.message = which->pop();
    if (which->empty())
      end(which);
  }
  return result;
}

/// Fades what was sent according to the time that has passed.
void packet_scheduler::decay(time_point now) noexcept {
  if (!last_decay_)
    last_decay_ = now;
  auto steps = (now - *last_decay_) / decay_interval;
  if (steps <= 0)
    return;
  *last_decay_ += steps * decay_interval;
  // Any number is gone after less than 256 steps.
  for (auto i = std::min<decltype(steps)>(steps, 256); i > 0; --i)
    for (auto& channel : channels_)
      channel.recently_sent = static_cast<uint64_t>(
          static_cast<double>(channel.recently_sent) * 0.8);
}

packet_scheduler::backlogs::iterator packet_scheduler::select() noexcept {
  // Single precision like the Go implementation, so that ties are the same.
  auto ratio = [this](const backlog& x) {
    const auto& channel = channels_[x.channel];
    return static_cast<float>(channel.recently_sent) / channel.priority;
  };
  auto result = backlogs_.begin();
  // Mostly there is just one, and nothing to compare.
  for (auto i = backlogs_.begin(); i != backlogs_.end(); ++i)
    if (i != result && ratio(*i) < ratio(*result))
      result = i;
  return result;
}

} // namespace troupe
