// SPDX-License-Identifier: Apache-2.0
#include "troupe_victim.hpp"

#include <cassert>

namespace troupe::eclipse {

namespace {

time_point at(double seconds) {
  return time_point{std::chrono::duration_cast<duration>(
      std::chrono::duration<double>{seconds + 1})};
}

wall_time wall_at(double seconds) {
  return wall_time{std::chrono::hours{500'000}}
         + std::chrono::milliseconds{static_cast<int64_t>(seconds * 1000)};
}

node_id own_id() {
  std::array<std::byte, node_id::size> raw{};
  raw.fill(std::byte{0x77});
  return node_id{raw};
}

} // namespace

void seeded_chance::fill(byte_span out) {
  for (auto& x : out)
    x = static_cast<std::byte>(generator_() & 0xff);
}

troupe_victim::troupe_victim(const std::vector<network_node>& network,
                             const victim_limits& limits, uint64_t seed)
  : network_(network),
    limits_(limits),
    random_(seed) {
  for (node_number i = 0; i < network.size(); ++i)
    by_id_.emplace(network[i].id, i);
  make();
}

void troupe_victim::make() {
  peer_manager_options options;
  options.max_connected = limits_.outgoing + limits_.incoming;
  options.max_outgoing = limits_.outgoing;
  options.max_incoming = limits_.incoming;
  core_.emplace(*peer_manager::make(own_id(), options, random_));
}

node_address troupe_victim::address_of(node_number x) const {
  return {.protocol = "mconn",
          .id = network_[x].id,
          .hostname = to_string(network_[x].ip),
          .port = 26656};
}

endpoint troupe_victim::endpoint_of(node_number x) const {
  return {.protocol = "mconn", .ip = network_[x].ip, .port = 26656};
}

void troupe_victim::begin_with(const std::vector<node_number>& seeds, double) {
  seeds_ = seeds;
  for (auto seed : seeds)
    static_cast<void>(core_->add(address_of(seed)));
}

std::vector<node_number> troupe_victim::dial(double now) {
  std::vector<node_number> result;
  while (auto next = core_->dial_next(at(now)))
    result.push_back(by_id_.at(next->id));
  return result;
}

bool troupe_victim::dialed(node_number whom, double now) {
  const auto verdict
      = core_->dialed(address_of(whom), at(now), endpoint_of(whom));
  if (verdict.code != errc::none)
    return false;
  return core_->ready({network_[whom].id, verdict.generation}, {})
         == errc::none;
}

void troupe_victim::failed(node_number whom, double now) {
  static_cast<void>(
      core_->dial_failed(address_of(whom), at(now), {errc::timeout, {}}));
}

bool troupe_victim::accepted(node_number who, double now) {
  // As `subnet_size` has it.
  const auto subnet = ip_network::of(network_[who].ip, 24);
  const auto verdict
      = core_->accepted(network_[who].id, subnet, at(now), endpoint_of(who));
  if (verdict.code != errc::none)
    return false;
  static_cast<void>(core_->ready({network_[who].id, verdict.generation}, {}));
  // It says where it listens.
  core_->learn({address_of(who)}, network_[who].id, at(now));
  return true;
}

void troupe_victim::ended(node_number who, double now) {
  const auto* which = core_->state().connections.to(network_[who].id);
  if (which != nullptr)
    static_cast<void>(core_->disconnected({network_[who].id, which->generation},
                                          errc::connection_closed, at(now)));
  static_cast<void>(core_->take_updates());
}

std::vector<node_number> troupe_victim::evict(double) {
  std::vector<node_number> result;
  while (auto next = core_->evict_next())
    result.push_back(by_id_.at(next->connection.peer));
  return result;
}

/// One that is not full always has room for what is new.
bool troupe_victim::wants_addresses(bool) {
  return core_->fullness() < 0.95;
}

void troupe_victim::told(node_number by,
                         const std::vector<node_number>& addresses,
                         double now) {
  std::vector<node_address> told;
  for (auto x : addresses)
    told.push_back(address_of(x));
  core_->learn(told, network_[by].id, at(now));
}

/// Whoever stays earns a point at the end of his connection, and no more here:
/// an attacker that wants to stay is as useful as others.
void troupe_victim::useful(node_number, double) {}

void troupe_victim::store(double now) {
  const auto changes = core_->take_changes(at(now), wall_at(now));
  for (const auto& x : changes.put)
    stored_[x.id] = x;
  for (const auto& id : changes.erase)
    stored_.erase(id);
  if (!changes.secret.empty())
    secret_ = changes.secret;
}

/// The machine dies: what the store has is what there is.
void troupe_victim::restart(double now) {
  store(now);
  make();
  core_->load_secret(secret_);
  std::vector<stored_peer> all;
  for (const auto& [id, x] : stored_)
    all.push_back(x);
  core_->load(all, at(now), wall_at(now));
  begin_with(seeds_, now);
}

} // namespace troupe::eclipse
