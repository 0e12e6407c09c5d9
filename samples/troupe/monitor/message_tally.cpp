// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/monitor/message_tally.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace troupe::command {

void message_tally::add(const node_id& from, channel_id channel,
                        const spoken_message& what, size_t size) {
  auto& to = rows_.try_emplace({channel, what.kind}, row{.order = rows_.size()})
                 .first->second;
  const message_counts one{
      .messages = 1, .items = what.items, .bytes = uint64_t{size}};
  to.total += one;
  auto& peer = to.peers[from];
  peer.fresh += one;
  peer.total += one;
  // Places are compared as pairs: a new height begins with round 0.
  const auto before = std::tie(to.height, to.round);
  if (what.height && std::tie(what.height, what.round) > before) {
    to.height = what.height;
    to.round = what.round;
  }
}

tally_lines message_tally::take(time_point now, bool by_peer) {
  tally_lines result{.elapsed = now - since_, .lines = {}};
  since_ = now;
  std::vector<std::pair<key, row*>> sorted;
  for (auto& [where, what] : rows_)
    sorted.emplace_back(where, &what);
  std::ranges::sort(sorted, {}, [](const auto& x) {
    return std::tuple{x.first.channel, x.second->order};
  });
  for (auto& [where, what] : sorted) {
    const auto at = result.lines.size();
    tally_line all{.channel = where.channel,
                   .kind = where.kind,
                   .total = what->total,
                   .height = std::exchange(what->height, std::nullopt),
                   .round = std::exchange(what->round, std::nullopt)};
    for (auto& [id, counts] : what->peers) {
      if (counts.fresh.messages == 0)
        continue;
      const auto fresh = std::exchange(counts.fresh, {});
      all.fresh += fresh;
      ++all.peers;
      if (by_peer)
        result.lines.push_back({.channel = where.channel,
                                .kind = where.kind,
                                .peer = id,
                                .fresh = fresh,
                                .total = counts.total,
                                .peers = 1});
    }
    std::erase_if(what->peers, [this](const auto& x) {
      return !present_.contains(x.first);
    });
    if (all.peers > 0)
      result.lines.insert(result.lines.begin() + static_cast<ptrdiff_t>(at),
                          all);
  }
  return result;
}

} // namespace troupe::command
