// SPDX-License-Identifier: Apache-2.0

// Who is there, what they subscribe to and what they are told of.

#include <algorithm>
#include <chrono>
#include <utility>

#include "troupe/messages/property.hpp"
#include "troupe/samples/gossip/plumtree.hpp"

namespace troupe {

namespace {

/// Most peers whose topics are remembered before they are there.
constexpr size_t early_max = 64;

} // namespace

plumtree::peer_state* plumtree::find(const node_id& id) {
  auto i = peers_.find(id);
  return i != peers_.end() && !i->second.blamed ? &i->second : nullptr;
}

plumtree::link* plumtree::find(peer_state& who, const std::string& topic) {
  auto i = who.links.find(topic);
  return i != who.links.end() ? &i->second : nullptr;
}

void plumtree::up(const node_id& peer, time_point now) {
  down(peer, now);
  const auto free = std::find(slots_.begin(), slots_.end(), node_id{});
  if (free == slots_.end()) {
    reachable<"troupe: a gossip has more peers than it can tell apart">();
    return;
  }
  const auto slot = static_cast<size_t>(free - slots_.begin());
  *free = peer;
  cache_.recycle(slot);
  auto& who
      = peers_.emplace(peer, peer_state{peer, slot, {options_.quota, now}})
            .first->second;
  tell_topics(who);
  if (auto i = early_.find(peer); i != early_.end()) {
    const auto what = std::move(i->second);
    early_.erase(i);
    received(peer, what, now);
  }
}

void plumtree::down(const node_id& peer, time_point now) {
  auto i = peers_.find(peer);
  if (i == peers_.end())
    return;
  wanted_.gone(i->second.slot, now);
  slots_[i->second.slot] = {};
  peers_.erase(i);
}

bool plumtree::admit(peer_state& from, peer_quota::verdict what) {
  if (what == peer_quota::verdict::take)
    return true;
  ++counts_.shed;
  reachable<"troupe: a peer sends more gossip than its quota">();
  if (what == peer_quota::verdict::flood)
    punish(from, blame::rate_limited, "sends gossip without end");
  return false;
}

void plumtree::punish(peer_state& who, blame code, std::string text) {
  who.blamed = true;
  who.links.clear();
  who.announce_at.reset();
  ++counts_.blamed;
  actions_.emplace_back(gossip_blame{who.id, code, std::move(text)});
}

// -- topics -------------------------------------------------------------------

failure plumtree::subscribe(const std::string& topic, time_point now) {
  if (auto wrong = validate_topic(topic); wrong.code != errc::none)
    return wrong;
  if (topics_.count(topic) == 0 && topics_.size() >= gossip_topics_max)
    return {errc::invalid_option, "gossip: too many topics"};
  if (!topics_.insert(topic).second)
    return {};
  for (auto& [peer, who] : peers_) {
    tell_topics(who);
    relink(who, now);
  }
  return {};
}

void plumtree::unsubscribe(const std::string& topic, time_point now) {
  if (topics_.erase(topic) == 0)
    return;
  for (auto& [peer, who] : peers_) {
    tell_topics(who);
    relink(who, now);
  }
}

void plumtree::tell_topics(const peer_state& who) {
  if (who.blamed)
    return;
  plumtree_wire::Subscriptions all;
  for (const auto& topic : topics_)
    all.add_topics(topic);
  send(who.id, std::move(all));
}

void plumtree::received(const node_id& from,
                        const plumtree_wire::Subscriptions& what,
                        time_point now) {
  if (peers_.count(from) == 0) {
    // A message may come before the news that its sender is there.
    if (static_cast<size_t>(what.topics_size()) <= gossip_topics_max
        && what.ByteSizeLong()
               <= gossip_topics_max * (gossip_topic_size_max + 4)
        && (early_.size() < early_max || early_.count(from) != 0))
      early_[from] = what;
    return;
  }
  auto* who = find(from);
  if (who == nullptr
      || !admit(*who, who->quota.received(what.ByteSizeLong(), 0, now))
      || !are_topics(*who, what))
    return;
  auto topics
      = std::set<std::string>{what.topics().begin(), what.topics().end()};
  if (topics == who->topics || !admit(*who, who->quota.changed(now)))
    return;
  who->topics = std::move(topics);
  relink(*who, now);
}

bool plumtree::are_topics(peer_state& from,
                          const plumtree_wire::Subscriptions& what) {
  auto fits = static_cast<size_t>(what.topics_size()) <= gossip_topics_max;
  for (const auto& topic : what.topics())
    fits = fits && validate_topic(topic).code == errc::none;
  if (!fits)
    punish(from, blame::malformed_message, "topics out of bounds");
  return fits;
}

void plumtree::relink(peer_state& who, time_point now) {
  if (who.blamed)
    return;
  std::erase_if(who.links, [&](const auto& x) {
    return topics_.count(x.first) == 0 || who.topics.count(x.first) == 0;
  });
  for (const auto& topic : topics_) {
    if (who.topics.count(topic) == 0 || who.links.count(topic) != 0)
      continue;
    who.links[topic].eager.set();
    remind(who, topic, now - options_.keep_time, now, now);
  }
}

// -- announcements ------------------------------------------------------------

void plumtree::announce_later(peer_state& who, link& where, const gossip_id& id,
                              time_point now) {
  if (where.due.size() >= options_.announce_max)
    where.due.pop_front();
  where.due.push_back(id);
  if (!who.announce_at)
    who.announce_at = now + options_.announce_delay;
}

void plumtree::announce(peer_state& who) {
  who.announce_at.reset();
  for (auto& [topic, where] : who.links) {
    plumtree_wire::Announcement what;
    for (const auto& id : std::exchange(where.due, {})) {
      auto* known = cache_.find(id);
      // It may have told us meanwhile that it has it.
      if (known != nullptr && known->content && !known->holders.test(who.slot))
        what.mutable_ids()->append(id.bytes());
    }
    if (what.ids().empty())
      continue;
    what.set_topic(topic);
    send(who.id, std::move(what));
  }
}

void plumtree::remind(peer_state& who, const std::string& topic,
                      time_point since, time_point until, time_point now) {
  auto* where = find(who, topic);
  if (where == nullptr)
    return;
  std::vector<gossip_id> missed;
  cache_.for_each_kept([&](const gossip_id& id, const known_message& known) {
    if (known.since < since || missed.size() >= options_.announce_max)
      return false;
    if (known.is == known_message::state::accepted && known.topic == topic
        && known.since <= until && !known.holders.test(who.slot))
      missed.push_back(id);
    return true;
  });
  for (auto i = missed.rbegin(); i != missed.rend(); ++i)
    announce_later(who, *where, *i, now);
}

void plumtree::remind_next(time_point now) {
  early_.clear();
  remind_at_ = now + options_.remind_interval;
  if (peers_.empty())
    return;
  auto next = reminded_ ? peers_.upper_bound(*reminded_) : peers_.begin();
  if (next == peers_.end())
    next = peers_.begin();
  auto& who = next->second;
  reminded_ = next->first;
  if (who.blamed)
    return;
  tell_topics(who);
  // What came just now is on its way to it.
  for (const auto& [topic, where] : who.links)
    remind(who, topic, now - options_.remind_time, now - options_.answer_time,
           now);
}

// -- figures ------------------------------------------------------------------

size_t plumtree::eager_links(const std::string& topic, uint64_t origin) const {
  size_t result = 0;
  for (const auto& [peer, who] : peers_)
    if (auto i = who.links.find(topic); i != who.links.end())
      result += i->second.eager.test(tree_of(origin)) ? 1 : 0;
  return result;
}

} // namespace troupe
