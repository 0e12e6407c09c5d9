// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/peer_table.hpp"

#include <limits>

namespace troupe {

namespace {

void increment(uint32_t& counter) {
  if (counter != std::numeric_limits<uint32_t>::max())
    ++counter;
}

void forgive(address_record& known) {
  known.failures = 0;
  known.retry_at = time_point::min();
}

} // namespace

peer_table::peer_table(const peer_manager_options& options, entropy& random)
  : retry_(options.retry),
    disconnect_cooldown_(options.disconnect_cooldown),
    stable_after_(options.stable_after),
    random_(&random) {}

bool peer_table::add(const node_address& address, peer_class kind) {
  auto& peer = records_[address.id];
  if (kind == peer_class::persistent)
    peer.kind = kind;
  if (peer.find(address) != nullptr)
    return false;
  peer.addresses.push_back({.address = address});
  return true;
}

void peer_table::dial_failed(const node_address& address, time_point now) {
  auto* known = find(address);
  if (known == nullptr)
    return;
  increment(known->failures);
  auto wait = draw_retry_delay(retry_, known->failures,
                               records_.at(address.id).kind, *random_);
  known->retry_at = after(now, wait);
}

void peer_table::dial_succeeded(const node_address& address) {
  if (auto* known = find(address))
    forgive(*known);
}

void peer_table::came_in(const node_id& id) {
  for (auto& known : records_[id].addresses)
    forgive(known);
}

void peer_table::left(const node_id& id, duration lasted, time_point now) {
  auto i = records_.find(id);
  if (i == records_.end())
    return;
  auto& peer = i->second;
  if (peer.addresses.empty()) {
    records_.erase(i);
    return;
  }
  if (lasted >= stable_after_)
    peer.short_connections = 0;
  else
    increment(peer.short_connections);
  auto wait = doubled(disconnect_cooldown_, peer.short_connections,
                      longest_retry_time(retry_, peer.kind));
  peer.dialable_at = after(now, wait);
}

address_record* peer_table::find(const node_address& address) {
  auto i = records_.find(address.id);
  return i != records_.end() ? i->second.find(address) : nullptr;
}

} // namespace troupe
