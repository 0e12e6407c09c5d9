// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_line.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace troupe {

namespace {

/// `insert` would take the bytes one by one, as vectors do whose allocator has
/// its own way to construct them.
void append(raw_bytes& to, byte_view what) {
  const auto size = to.size();
  if (const auto needed = size + what.size(); needed > to.capacity()) {
    raw_bytes larger;
    larger.reserve(std::max(needed, 2 * to.capacity()));
    larger.resize(size);
    std::ranges::copy(to, larger.begin());
    to.swap(larger);
  }
  to.resize(size + what.size());
  std::ranges::copy(what, to.begin() + static_cast<ptrdiff_t>(size));
}

} // namespace

bool quic_line::deliver(byte_view datagram) {
  auto guard = std::lock_guard{mutex_};
  const auto cost = datagram.size() + datagram_cost;
  if (unread_ + cost > unread_max)
    return false;
  const auto first = received_.empty();
  unread_ += cost;
  append(received_.data_, datagram);
  received_.sizes_.push_back(static_cast<uint32_t>(datagram.size()));
  return first;
}

quic_line::parcel quic_line::take() {
  auto guard = std::lock_guard{mutex_};
  port_knows_ = false;
  // The port may still be on its way for what came before the end.
  auto farewell = outgoing_.farewell;
  return std::exchange(outgoing_, {.farewell = std::move(farewell)});
}

bool quic_line::finished() const {
  auto guard = std::lock_guard{mutex_};
  return finished_;
}

bool quic_line::written(size_t size) {
  auto guard = std::lock_guard{mutex_};
  unsent_ -= std::min(size, unsent_);
  return unsent_ < unsent_max && std::exchange(waits_, false);
}

quic_line::received quic_line::take_received() {
  auto guard = std::lock_guard{mutex_};
  unread_ = 0;
  return std::exchange(received_, {});
}

size_t quic_line::unread() const {
  auto guard = std::lock_guard{mutex_};
  return unread_;
}

bool quic_line::has_room() {
  auto guard = std::lock_guard{mutex_};
  waits_ = unsent_ >= unsent_max;
  return !waits_;
}

bool quic_line::send(datagram_batch what) {
  auto guard = std::lock_guard{mutex_};
  unsent_ += what.data.size();
  outgoing_.batches.push_back(std::move(what));
  return !std::exchange(port_knows_, true);
}

bool quic_line::tell(quic_ids ids, bool validated) {
  auto guard = std::lock_guard{mutex_};
  auto& known = outgoing_.ids;
  for (const auto& id : ids.retired) {
    std::erase(known.added, id);
    known.retired.push_back(id);
  }
  std::ranges::move(ids.added, std::back_inserter(known.added));
  outgoing_.validated = outgoing_.validated || validated;
  return !std::exchange(port_knows_, true);
}

void quic_line::set_farewell(bytes what) {
  auto guard = std::lock_guard{mutex_};
  outgoing_.farewell = std::move(what);
}

void quic_line::finish() {
  auto guard = std::lock_guard{mutex_};
  finished_ = true;
}

} // namespace troupe
