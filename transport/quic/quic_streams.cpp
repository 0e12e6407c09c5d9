// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_streams.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void quic_streams::add(stream_id stream, int weight, std::optional<int> group) {
  outboxes_.try_emplace(stream);
  scheduler_.add(stream, weight, group);
}

void quic_streams::abandon(stream_id stream) {
  auto node = outboxes_.extract(stream);
  if (node.empty())
    return;
  unsent_ -= node.mapped().unsent();
  unacknowledged_ -= node.mapped().unacknowledged();
  abandoned_bytes_ += abandoned_cost + node.mapped().held();
  abandoned_.insert(std::move(node));
  scheduler_.remove(stream);
  std::erase(blocked_, stream);
  waiting_.erase(stream);
}

void quic_streams::remove(stream_id stream) {
  abandon(stream);
  if (auto node = abandoned_.extract(stream); !node.empty())
    abandoned_bytes_ -= abandoned_cost + node.mapped().held();
}

void quic_streams::write(stream_write what) {
  auto i = outboxes_.find(what.stream);
  if (i == outboxes_.end())
    return;
  auto& outbox = i->second;
  const auto before = outbox.unsent();
  outbox.add(std::move(what.head), std::move(what.body));
  unsent_ += outbox.unsent() - before;
  if (what.fin)
    outbox.finish();
  if (std::ranges::find(blocked_, what.stream) == blocked_.end())
    scheduler_.set_ready(what.stream, outbox.waits());
}

std::optional<stream_id> quic_streams::next(time_point now) {
  if (unacknowledged_ >= in_flight_max_ || allowance_ == 0)
    return std::nullopt;
  return scheduler_.next(now);
}

void quic_streams::sent(stream_id stream, size_t size, bool fin) {
  auto i = outboxes_.find(stream);
  if (i == outboxes_.end())
    return;
  i->second.sent(size, fin);
  unsent_ -= size;
  unacknowledged_ += size;
  if (size > 0)
    waiting_.try_emplace(stream, now_);
  allowance_ -= std::min(size, allowance_);
  scheduler_.sent(stream, size);
  scheduler_.set_ready(stream, i->second.waits());
}

void quic_streams::block(stream_id stream) {
  blocked_.push_back(stream);
  scheduler_.set_ready(stream, false);
}

void quic_streams::unblock() {
  for (auto stream : std::exchange(blocked_, {}))
    if (auto i = outboxes_.find(stream); i != outboxes_.end())
      scheduler_.set_ready(stream, i->second.waits());
}

void quic_streams::acknowledged(stream_id stream, size_t size) {
  auto i = outboxes_.find(stream);
  if (i == outboxes_.end())
    return;
  i->second.acknowledged(size);
  unacknowledged_ -= size;
  if (i->second.unacknowledged() == 0)
    waiting_.erase(stream);
  else if (size > 0)
    waiting_[stream] = now_;
}

std::optional<time_point> quic_streams::waiting_since() const {
  std::optional<time_point> result;
  for (const auto& [stream, since] : waiting_)
    result = result ? std::min(*result, since) : since;
  return result;
}

} // namespace troupe
