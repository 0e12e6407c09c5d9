// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/plumtree.hpp"

#include <algorithm>
#include <utility>

#include "troupe/messages/property.hpp"

namespace troupe {

namespace {

using plumtree_wire::Payload;

std::shared_ptr<const Payload> payload_of(const known_message& what) {
  auto result = std::make_shared<Payload>();
  result->set_topic(what.topic);
  result->set_content(*what.content);
  result->set_origin(what.origin);
  return result;
}

} // namespace

plumtree::plumtree(gossip_options options, uint64_t origin, entropy& random,
                   time_point now)
  : options_(std::move(options)),
    origin_(origin),
    topics_(options_.topics.begin(), options_.topics.end()),
    slots_(gossip_peers_max),
    cache_(options_),
    wanted_(options_) {
  // Nodes that start at once do not remind each other at once.
  const auto span = static_cast<uint64_t>(options_.remind_interval.count());
  remind_at_ = now + options_.remind_interval
               + duration{static_cast<int64_t>(random.below(span))};
}

// -- what peers say -----------------------------------------------------------

void plumtree::received(const node_id& from, const Payload& what,
                        time_point now) {
  auto* who = find(from);
  if (who == nullptr)
    return;
  if (what.topic().empty() || what.topic().size() > gossip_topic_size_max
      || what.content().size() > options_.content_max)
    return punish(*who, blame::malformed_message, "a message out of bounds");
  const auto id = gossip_id::of(what.topic(), what.content());
  // What was asked for is no flood, however much that is.
  if (!wanted_.was_asked(id, who->slot)
      && !admit(*who, who->quota.received(what.ByteSizeLong(), 0, now)))
    return;
  // We may have left the topic lately.
  if (topics_.count(what.topic()) == 0)
    return;
  wanted_.arrived(id);
  if (auto* known = cache_.find(id))
    take_again(*who, *known);
  else
    take_in(*who, what, id, now);
}

void plumtree::take_in(peer_state& from, const Payload& what,
                       const gossip_id& id, time_point now) {
  // The cache may have forgotten what its user still looks at.
  if (judging_.count(id) != 0) {
    ++counts_.duplicates;
    return;
  }
  const auto size = what.content().size();
  if (judging_.size() >= options_.verdicts_max
      || judging_bytes_ + size > options_.verdict_bytes_max) {
    reachable<"troupe: too many gossiped messages wait for a verdict">();
    ++counts_.refused;
    return;
  }
  known_message known{.topic = what.topic(),
                      .origin = what.origin(),
                      .content
                      = std::make_shared<const std::string>(what.content()),
                      .arrivals = 1};
  known.holders.set(from.slot);
  known.senders.set(from.slot);
  cache_.add(id, std::move(known), now);
  if (auto* where = find(from, what.topic()))
    where->eager.set(tree_of(what.origin()));
  judging_.emplace(id, size);
  judging_bytes_ += size;
  ++counts_.delivered;
  actions_.emplace_back(gossip_deliver{
      {what.topic(), what.content(), id, what.origin(), from.id}});
}

void plumtree::take_again(peer_state& from, known_message& known) {
  ++counts_.duplicates;
  ++known.arrivals;
  known.holders.set(from.slot);
  known.senders.set(from.slot);
  if (known.is == known_message::state::rejected)
    return punish(from, blame::misbehaved, "sends what was rejected");
  if (known.arrivals <= options_.copies)
    return;
  if (auto* where = find(from, known.topic))
    where->eager.reset(tree_of(known.origin));
  plumtree_wire::Prune prune;
  prune.set_topic(known.topic);
  prune.set_origin(known.origin);
  send(from.id, std::move(prune));
}

void plumtree::received(const node_id& from,
                        const plumtree_wire::Announcement& what,
                        time_point now) {
  auto* who = find(from);
  if (who == nullptr)
    return;
  auto ids = read_ids(*who, what.topic(), what.ids(), now);
  auto* where = ids ? find(*who, what.topic()) : nullptr;
  if (where == nullptr)
    return;
  for (const auto& id : *ids)
    announced(*who, *where, what.topic(), id, now);
}

void plumtree::announced(peer_state& from, link& where,
                         const std::string& topic, const gossip_id& id,
                         time_point now) {
  auto* known = cache_.find(id);
  if (known == nullptr) {
    if (!wanted_.announced(id, topic, from.slot, now))
      reachable<"troupe: more gossip is announced than can be remembered">();
    return;
  }
  known->holders.set(from.slot);
  if (known->is != known_message::state::accepted || known->asked_for_more
      || known->arrivals >= options_.copies)
    return;
  // It has come less often than it should: this link is to help.
  known->asked_for_more = true;
  where.eager.set(tree_of(known->origin));
  plumtree_wire::Graft graft;
  graft.set_topic(topic);
  graft.set_origin(known->origin);
  send(from.id, std::move(graft));
}

void plumtree::received(const node_id& from, const plumtree_wire::Graft& what,
                        time_point now) {
  auto* who = find(from);
  if (who == nullptr)
    return;
  auto ids = read_ids(*who, what.topic(), what.ids(), now);
  auto* where = ids ? find(*who, what.topic()) : nullptr;
  if (where == nullptr)
    return;
  if (ids->empty())
    where->eager.set(tree_of(what.origin()));
  for (const auto& id : *ids)
    asked(*who, *where, id);
}

void plumtree::asked(peer_state& from, link& where, const gossip_id& id) {
  auto* known = cache_.find(id);
  // It may ask twice, for a connection can end. More would let it make us send
  // for nothing.
  if (known == nullptr || known->is != known_message::state::accepted
      || !known->content || known->served_twice.test(from.slot))
    return;
  reachable<"troupe: a link of a gossip is grafted">();
  where.eager.set(tree_of(known->origin));
  give(from, id, *known, payload_of(*known));
}

void plumtree::received(const node_id& from, const plumtree_wire::Prune& what,
                        time_point now) {
  auto* who = find(from);
  if (who == nullptr
      || !admit(*who, who->quota.received(what.ByteSizeLong(), 0, now)))
    return;
  if (auto* where = find(*who, what.topic()))
    where->eager.reset(tree_of(what.origin()));
}

std::optional<std::vector<gossip_id>>
plumtree::read_ids(peer_state& from, const std::string& topic,
                   const std::string& ids, time_point now) {
  const auto count = ids.size() / gossip_id::size;
  if (ids.size() % gossip_id::size != 0) {
    punish(from, blame::malformed_message, "something that is no ID");
    return std::nullopt;
  }
  if (!admit(from, from.quota.received(topic.size() + ids.size(), count, now)))
    return std::nullopt;
  std::vector<gossip_id> result;
  result.reserve(count);
  for (size_t i = 0; i < count; ++i)
    result.emplace_back(
        std::string_view{ids}.substr(i * gossip_id::size, gossip_id::size));
  return result;
}

void plumtree::not_sent(const node_id& to, const gossip_id& id,
                        time_point now) {
  auto* who = find(to);
  auto* known = cache_.find(id);
  if (who == nullptr || known == nullptr)
    return;
  reachable<"troupe: a gossiped payload finds its queue full">();
  known->served_twice.reset(who->slot);
  known->served.reset(who->slot);
  if (auto* where = find(*who, known->topic))
    announce_later(*who, *where, id, now);
}

// -- the user -----------------------------------------------------------------

result<gossip_id> plumtree::publish(const std::string& topic,
                                    std::string content, time_point now) {
  if (topics_.count(topic) == 0)
    return {errc::invalid_option, "gossip: no topic of this node"};
  if (content.size() > options_.content_max)
    return {errc::oversized_message, "gossip: above content_max"};
  const auto id = gossip_id::of(topic, content);
  if (cache_.find(id) != nullptr)
    return id;
  wanted_.arrived(id);
  ++counts_.published;
  auto& known = cache_.add(
      id,
      {.is = known_message::state::accepted,
       .topic = topic,
       .origin = origin_,
       .content = std::make_shared<const std::string>(std::move(content)),
       .arrivals = options_.copies},
      now);
  pass_on(id, known, now);
  return id;
}

void plumtree::judge(const gossip_id& id, gossip_verdict what, time_point now) {
  auto i = judging_.find(id);
  if (i == judging_.end())
    return;
  judging_bytes_ -= i->second;
  judging_.erase(i);
  auto* known = cache_.find(id);
  if (known == nullptr)
    return;
  if (what == gossip_verdict::accept) {
    ++counts_.accepted;
    known->is = known_message::state::accepted;
    return pass_on(id, *known, now);
  }
  cache_.drop_content(id);
  if (what == gossip_verdict::ignore) {
    ++counts_.ignored;
    known->is = known_message::state::ignored;
    return;
  }
  ++counts_.rejected;
  known->is = known_message::state::rejected;
  for (auto& [peer, who] : peers_)
    if (known->senders.test(who.slot) && !who.blamed)
      punish(who, blame::misbehaved, "sent what was rejected");
}

void plumtree::pass_on(const gossip_id& id, known_message& what,
                       time_point now) {
  if (!what.content)
    return;
  std::shared_ptr<const Payload> payload;
  for (auto& [peer, who] : peers_) {
    auto* where = find(who, what.topic);
    if (where == nullptr || what.holders.test(who.slot))
      continue;
    if (!where->eager.test(tree_of(what.origin))) {
      announce_later(who, *where, id, now);
      continue;
    }
    if (!payload)
      payload = payload_of(what);
    give(who, id, what, payload);
  }
}

void plumtree::give(peer_state& to, const gossip_id& id, known_message& what,
                    std::shared_ptr<const google::protobuf::Message> payload) {
  if (what.served.test(to.slot))
    what.served_twice.set(to.slot);
  what.served.set(to.slot);
  actions_.emplace_back(gossip_send{to.id, std::move(payload), id});
}

// -- time ---------------------------------------------------------------------

void plumtree::wake(time_point now) {
  cache_.trim(now);
  ask_for_wanted(now);
  if (remind_at_ <= now)
    remind_next(now);
  for (auto& [peer, who] : peers_)
    if (who.announce_at && *who.announce_at <= now)
      announce(who);
}

void plumtree::ask_for_wanted(time_point now) {
  auto due = wanted_.due(now);
  for (auto slot : due.broken) {
    ++counts_.broken_promises;
    auto* who = find(slots_[slot]);
    if (who != nullptr
        && who->quota.broke_promise(now) == peer_quota::verdict::flood)
      punish(*who, blame::misbehaved, "announces what it does not have");
  }
  std::map<std::pair<size_t, std::string>, plumtree_wire::Graft> grafts;
  for (const auto& what : due.requests) {
    auto& graft = grafts[{what.slot, what.topic}];
    graft.set_topic(what.topic);
    graft.mutable_ids()->append(what.id.bytes());
  }
  for (auto& [where, graft] : grafts)
    if (find(slots_[where.first]) != nullptr)
      send(slots_[where.first], std::move(graft));
}

std::optional<time_point> plumtree::next_wakeup() const {
  auto result = remind_at_;
  if (auto when = wanted_.next_wakeup())
    result = std::min(result, *when);
  for (const auto& [peer, who] : peers_)
    if (who.announce_at)
      result = std::min(result, *who.announce_at);
  return result;
}

std::vector<gossip_action> plumtree::take_actions() {
  return std::exchange(actions_, {});
}

} // namespace troupe
