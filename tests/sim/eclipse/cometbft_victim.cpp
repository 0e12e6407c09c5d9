// SPDX-License-Identifier: Apache-2.0
#include "cometbft_victim.hpp"

#include <algorithm>
#include <cmath>

#include "troupe/peerstore/book/address_group.hpp"

namespace troupe::eclipse {

namespace {

/// Time between two looks at how many peers are missing.
constexpr double period = 30;

/// Attempts after which an address leaves the book.
constexpr int attempts_max = 16;

} // namespace

cometbft_victim::cometbft_victim(const std::vector<network_node>& network,
                                 const victim_limits& limits, uint64_t seed)
  : network_(network),
    limits_(limits),
    book_(seed) {
  for (node_number i = 0; i < network.size(); ++i)
    by_id_.emplace(to_string(network[i].id), i);
}

book_address cometbft_victim::address_of(node_number x) const {
  const auto& node = network_[x];
  return {to_string(node.id), to_string(node.ip), address_group(node.ip)};
}

void cometbft_victim::begin_with(const std::vector<node_number>& seeds,
                                 double) {
  seeds_ = seeds;
}

bool cometbft_victim::may_dial(node_number x, double now) const {
  if (outgoing_.count(x) + incoming_.count(x) + dialing_.count(x) != 0)
    return false;
  auto i = waits_.find(x);
  return i == waits_.end()
         || now >= i->second.last + std::exp2(i->second.attempts);
}

std::vector<node_number> cometbft_victim::dial(double now) {
  std::vector<node_number> result;
  if (now < next_look_)
    return result;
  next_look_ = now + period;
  const auto taken = outgoing_.size() + dialing_.size();
  if (taken >= limits_.outgoing)
    return result;
  const auto missing = limits_.outgoing - taken;
  const auto bias
      = static_cast<int>(std::min<size_t>(outgoing_.size(), 8)) * 10 + 10;
  for (size_t i = 0; i < 3 * missing && result.size() < missing; ++i)
    if (auto picked = book_.pick(bias)) {
      const auto who = by_id_.at(picked->id);
      if (!may_dial(who, now))
        continue;
      dialing_.insert(who);
      result.push_back(who);
    }
  if (result.empty())
    for (auto seed : seeds_)
      if (may_dial(seed, now)) {
        dialing_.insert(seed);
        result.push_back(seed);
        break;
      }
  return result;
}

bool cometbft_victim::dialed(node_number whom, double now) {
  dialing_.erase(whom);
  waits_.erase(whom);
  if (incoming_.count(whom) != 0)
    return false;
  outgoing_.insert(whom);
  static_cast<void>(now);
  return true;
}

void cometbft_victim::failed(node_number whom, double now) {
  dialing_.erase(whom);
  auto& wait = waits_[whom];
  wait = {wait.attempts + 1, now};
  const auto id = to_string(network_[whom].id);
  book_.attempt(id, now);
  if (wait.attempts > attempts_max)
    book_.remove(id);
}

bool cometbft_victim::accepted(node_number who, double now) {
  if (incoming_.size() >= limits_.incoming || outgoing_.count(who) != 0)
    return false;
  incoming_.insert(who);
  // It says where it listens.
  book_.add(address_of(who), address_of(who), now);
  return true;
}

void cometbft_victim::ended(node_number who, double) {
  outgoing_.erase(who);
  incoming_.erase(who);
}

std::vector<node_number> cometbft_victim::evict(double) {
  return {};
}

bool cometbft_victim::wants_addresses(bool) {
  return book_.size() < cometbft_book::enough;
}

void cometbft_victim::told(node_number by,
                           const std::vector<node_number>& addresses,
                           double now) {
  const auto source = address_of(by);
  for (auto x : addresses)
    book_.add(address_of(x), source, now);
}

void cometbft_victim::useful(node_number who, double now) {
  book_.good(to_string(network_[who].id), now);
}

void cometbft_victim::restart(double now) {
  book_.restart();
  outgoing_.clear();
  incoming_.clear();
  dialing_.clear();
  waits_.clear();
  next_look_ = now;
}

} // namespace troupe::eclipse
