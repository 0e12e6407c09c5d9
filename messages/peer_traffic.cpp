// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/peer_traffic.hpp"

#include <algorithm>

namespace troupe {

channel_traffic& peer_traffic::on(channel_id id) {
  auto i
      = std::ranges::lower_bound(channels, id, {}, &channel_traffic::channel);
  if (i == channels.end() || i->channel != id)
    i = channels.insert(i, {.channel = id});
  return *i;
}

void peer_traffic::add(const peer_traffic& other) {
  if (other.rtt)
    rtt = other.rtt;
  for (const auto& x : other.channels) {
    auto& sum = on(x.channel);
    sum.sent_bytes += x.sent_bytes;
    sum.received_bytes += x.received_bytes;
    sum.shed += x.shed;
    sum.queued_bytes += x.queued_bytes;
  }
}

} // namespace troupe
