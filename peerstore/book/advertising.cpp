// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/advertising.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "troupe/messages/protocol_name.hpp"
#include "troupe/peerstore/book/address_reach.hpp"

namespace troupe {

namespace {

/// Most peers of the top of the ranking that are considered, per address asked
/// for, and as many again from anywhere.
constexpr size_t peers_per_address = 2;

/// Small stores are considered as a whole.
constexpr size_t fewest_considered = 64;

/// How much more likely a peer is chosen: twice for every 10 points, within
/// reason. Whoever failed lately is less likely, down to a thousandth.
double weight_of(const score_explanation& score) {
  return std::exp2(std::clamp((score.total() - score.base) / 10, -10.0, 10.0));
}

/// Draws from (0, 1].
double draw(entropy& random) {
  constexpr uint64_t steps = uint64_t{1} << 53;
  return static_cast<double>(random.below(steps) + 1)
         / static_cast<double>(steps);
}

node_id draw_id(entropy& random) {
  std::array<std::byte, node_id::size> raw;
  random.fill(raw);
  return node_id{raw};
}

} // namespace

bool address_asker::may_know(const node_address& address) const {
  if (is_nowhere(address))
    return false;
  const auto networked = !address.hostname.empty();
  if (networked && !ours && !is_tcp_protocol(address.protocol))
    return false;
  return (networked && !strict) || means_the_same(address, where);
}

std::vector<node_address> choose_to_tell(const peer_table& peers,
                                         const address_asker& asker,
                                         size_t limit, time_point now,
                                         entropy& random) {
  std::vector<node_address> result;
  // IDs are hashes, so a random ID leads to a random peer.
  std::set<node_id> considered;
  auto count = std::max(peers_per_address * limit, fewest_considered);
  peers.best_first([&](const node_id& id, const peer_record&) {
    considered.insert(id);
    return considered.size() < count;
  });
  const auto& all = peers.records();
  for (size_t i = 0; i < count && considered.size() < all.size(); ++i) {
    auto there = all.lower_bound(draw_id(random));
    considered.insert(there != all.end() ? there->first : all.begin()->first);
  }
  // A weighted sample without replacement: the smallest keys win.
  std::vector<std::pair<double, const node_address*>> keys;
  for (const auto& id : considered) {
    const auto& peer = *peers.find(id);
    if (id == asker.id || peer.is_private || peer.blocked || peer.ban
        || peer.incompatible)
      continue;
    auto weight = weight_of(peers.explain_score(peer, now));
    for (const auto& known : peer.addresses)
      if (asker.may_know(known.address))
        keys.emplace_back(-std::log(draw(random)) / weight, &known.address);
  }
  std::sort(keys.begin(), keys.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [key, address] : keys) {
    if (result.size() >= limit)
      break;
    result.push_back(*address);
  }
  return result;
}

} // namespace troupe
