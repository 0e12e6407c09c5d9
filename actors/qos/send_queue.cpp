// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/send_queue.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

send_queue::send_queue(std::span<const channel_descriptor> channels,
                       size_t window)
  : window_(window) {
  for (const auto& channel : channels)
    channels_.emplace(channel.id, channel_queue{channel.send_queue_messages,
                                                channel.send_queue_bytes});
}

errc send_queue::push(outbound_message message) {
  auto i = channels_.find(message.channel);
  if (i == channels_.end())
    return errc::peer_lacks_channel;
  auto& queue = i->second;
  const auto cost = message_cost(message.body->size());
  const auto fits = queue.messages.size() < queue.messages_max
                    && queue.queued + cost <= queue.bytes_max;
  // A message beyond the byte limit passes if it has the queue to itself.
  if (!fits && !queue.messages.empty())
    return errc::queue_full;
  queue.queued += cost;
  queue.messages.push_back(std::move(message.body));
  return errc::none;
}

bool send_queue::may_take(const channel_queue& queue) const {
  if (queue.messages.empty())
    return false;
  const auto next = message_cost(queue.messages.front()->size());
  return queue.held == 0 || queue.held + next <= window_;
}

outbound_batch send_queue::take() {
  outbound_batch result;
  for (auto& [id, queue] : channels_) {
    while (may_take(queue)) {
      auto body = std::move(queue.messages.front());
      queue.messages.pop_front();
      const auto cost = message_cost(body->size());
      queue.queued -= cost;
      queue.held += cost;
      result.push_back({id, std::move(body)});
    }
  }
  return result;
}

void send_queue::sent(const channel_credit& done) {
  if (auto i = channels_.find(done.channel); i != channels_.end())
    i->second.held -= std::min(done.cost, i->second.held);
}

size_t send_queue::size() const {
  size_t result = 0;
  for (const auto& [id, queue] : channels_)
    result += queue.messages.size();
  return result;
}

} // namespace troupe
