// SPDX-License-Identifier: Apache-2.0

// Where peers are, and where we are: who says so, and whom we tell.

#include <algorithm>
#include <utility>

#include "troupe/messages/is_troupe.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/peerstore/book/address_reach.hpp"
#include "troupe/peerstore/book/advertising.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

namespace troupe {

// -- what is known ------------------------------------------------------------

result<bool> peer_manager::add(const node_address& address) {
  if (auto bad = validate(address); bad.code != errc::none)
    return bad;
  if (address.id == own_ || dials_.leads_to_us(address))
    return false;
  const auto is_new = state_.learn(address);
  if (auto* peer = state_.peers.find(address.id))
    if (auto* known = peer->find(address))
      known->trusted = true;
  return is_new;
}

size_t peer_manager::learn(const std::vector<node_address>& addresses,
                           const node_id& source, time_point now) {
  tick(now);
  const auto who = state_.about(source);
  size_t fresh = 0;
  for (const auto& address : addresses) {
    const auto added
        = source ? result<bool>{believe(address, who)} : add(address);
    if (added && *added)
      ++fresh;
  }
  return fresh;
}

bool peer_manager::believe(const node_address& address, const informant& who) {
  const auto verdict = judge(address, who, state_, own_, strict_);
  if (verdict == hearsay::ours)
    claims_.hear(address, who.group());
  if (verdict != hearsay::credible || dials_.leads_to_us(address)
      || is_here(address))
    return false;
  return state_.learn(address, who);
}

void peer_manager::listens_at(const std::vector<endpoint>& where) {
  listening_.clear();
  for (const auto& each : where)
    if (auto address = to_address(each, own_); !is_nowhere(address))
      listening_.push_back(std::move(address));
}

bool peer_manager::is_here(const node_address& address) const {
  const auto there = location_of(address);
  auto same = [&there](const node_address& x) {
    return !there.empty() && location_of(x) == there;
  };
  return (self_address_ && same(*self_address_))
         || std::any_of(found_at_.begin(), found_at_.end(), same)
         || std::any_of(listening_.begin(), listening_.end(), same);
}

std::vector<node_address> peer_manager::own_addresses() const {
  auto result = found_at_;
  if (self_address_ && !self_address_->hostname.empty()
      && self_address_->port != 0) {
    result.insert(result.begin(), *self_address_);
    return result;
  }
  result.insert(result.end(), listening_.begin(), listening_.end());
  for (auto& claimed : claims_.believed())
    if (!is_here(claimed))
      result.push_back(std::move(claimed));
  return result;
}

double peer_manager::fullness() const {
  return static_cast<double>(state_.peers.ranked())
         / static_cast<double>(std::max<size_t>(state_.max_peers, 1));
}

errc peer_manager::forget(const node_id& id) {
  const auto* peer = state_.peers.find(id);
  if (peer == nullptr)
    return errc::unknown_peer;
  if (peer->busy)
    return errc::already_connected;
  if (peer->configured() || peer->blocked)
    return errc::invalid_state;
  state_.forget(id);
  return errc::none;
}

std::vector<node_address>
peer_manager::advertise(const node_id& asker, size_t limit, time_point now) {
  tick(now);
  std::vector<node_address> result;
  limit = std::min(limit, state_.max_peers);
  if (limit == 0)
    return result;
  const auto* which = state_.connections.to(asker);
  const address_asker who{.id = asker,
                          .where = state_.about(asker).where,
                          .strict = strict_,
                          .ours = which != nullptr && which->info
                                  && is_troupe(which->info->version)};
  for (const auto& own : own_addresses())
    if (who.may_know(own) && result.size() < limit)
      result.push_back(own);
  auto others = choose_to_tell(state_.peers, who, limit - result.size(),
                               state_.now, *random_);
  result.insert(result.end(), others.begin(), others.end());
  return result;
}

void peer_manager::found_at(const node_address& own) {
  auto same = [&own](const node_address& x) {
    return own.protocol == x.protocol
           || (is_tcp_protocol(own.protocol) && is_tcp_protocol(x.protocol));
  };
  if (own.hostname.empty() || own.port == 0
      || (self_address_ && same(*self_address_)))
    return;
  std::erase_if(found_at_, same);
  found_at_.push_back(own);
}

bool peer_manager::trusts(const node_address& address) const {
  const auto* peer = state_.peers.find(address.id);
  if (peer == nullptr)
    return false;
  for (const auto& known : peer->addresses)
    if (known.address == address)
      return known.trusted || known.configured;
  return false;
}

} // namespace troupe
