// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/channel_plans.hpp"

#include <utility>

#include "troupe/messages/direction.hpp"

namespace troupe {

channel_plans::channel_plans(const decode_limits& limits, metrics counters)
  : limits_(limits),
    counters_(std::move(counters)) {}

void channel_plans::add(channel_id id, const payload& type,
                        const channel_actor& channel) {
  channels_.emplace(id,
                    entry{channel, std::make_shared<wrapper>(*type, limits_)});
  plan_ = nullptr;
}

void channel_plans::remove(channel_id id) {
  channels_.erase(id);
  plan_ = nullptr;
}

channel_actor channel_plans::channel(channel_id id) const {
  auto i = channels_.find(id);
  return i == channels_.end() ? channel_actor{} : i->second.channel;
}

channel_plan_ptr channel_plans::plan(const routing_table::channel_list& of) {
  if (plan_ && planned_ == of)
    return plan_;
  auto result = std::make_shared<channel_plan>();
  result->inbound.reserve(of.size());
  result->outbound.reserve(of.size());
  for (const auto& channel : of) {
    auto count
        = [&](direction way) { return counters_.traffic(channel.id, way); };
    result->outbound.emplace(
        channel.id, {{.weight = static_cast<uint32_t>(channel.priority),
                      .bytes_max = channel.send_queue_bytes,
                      .messages_max = channel.send_queue_messages,
                      .on_full = channel.on_send_full,
                      .expires_after = channel.send_expires_after},
                     count(direction::outbound)});
    auto i = channels_.find(channel.id);
    if (i == channels_.end())
      continue;
    const auto& codec = i->second.codec;
    // A channel of raw messages may be one of a reactor elsewhere, which asks.
    const auto together = channel.exchanges.empty() && !codec->raw();
    result->inbound.emplace(channel.id, {i->second.channel.address(), codec,
                                         channel.hold_max, channel.on_full,
                                         together, channel.recv_window_bytes,
                                         count(direction::inbound)});
  }
  planned_ = of;
  plan_ = std::move(result);
  return plan_;
}

} // namespace troupe
