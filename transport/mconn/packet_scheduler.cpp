// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/packet_scheduler.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace troupe {

shared_bytes packet_scheduler::channel_queue::pop() noexcept {
  auto result = std::move(messages[first]);
  ++first;
  offset = 0;
  if (empty()) {
    // Keeps a small buffer: most channels carry one message at a time.
    if (messages.capacity() > 16)
      messages = std::vector<shared_bytes>{};
    messages.clear();
    first = 0;
  } else if (first >= 64 && first * 2 >= messages.size()) {
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
  for (const auto& descriptor : channels) {
    if (index_[descriptor.id] != 0)
      continue;
    channels_.push_back(
        {.id = descriptor.id,
         .priority = static_cast<float>(std::max(descriptor.priority, 1))});
    index_[descriptor.id] = static_cast<uint16_t>(channels_.size());
  }
}

errc packet_scheduler::push(channel_id channel, shared_bytes message) {
  assert(message);
  if (index_[channel] == 0)
    return errc::unknown_channel;
  auto size = message_wire_size(channel, message.size(), payload_max_);
  channels_[index_[channel] - size_t{1}].messages.push_back(std::move(message));
  pending_ += size;
  return errc::none;
}

std::optional<packet_scheduler::packet> packet_scheduler::next(time_point now) {
  decay(now);
  auto* queue = select();
  if (queue == nullptr)
    return std::nullopt;
  auto rest = byte_view{queue->messages[queue->first]}.subspan(queue->offset);
  packet result;
  result.channel = queue->id;
  result.eof = rest.size() <= max_packet_data(queue->id, payload_max_);
  result.data = rest.first(std::min(rest.size(), payload_max_));
  result.wire_size
      = packet_wire_size(result.channel, result.eof, result.data.size());
  queue->recently_sent += result.wire_size;
  queue->offset += result.data.size();
  pending_ -= result.wire_size;
  if (result.eof)
    result.message = queue->pop();
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
    for (auto& queue : channels_)
      queue.recently_sent = static_cast<uint64_t>(
          static_cast<double>(queue.recently_sent) * 0.8);
}

packet_scheduler::channel_queue* packet_scheduler::select() noexcept {
  // Single precision like the Go implementation, so that ties are the same.
  auto ratio = [](const channel_queue& queue) {
    return static_cast<float>(queue.recently_sent) / queue.priority;
  };
  channel_queue* result = nullptr;
  // Mostly there is just one, and nothing to compare.
  for (auto& queue : channels_)
    if (!queue.empty() && (result == nullptr || ratio(queue) < ratio(*result)))
      result = &queue;
  return result;
}

} // namespace troupe
