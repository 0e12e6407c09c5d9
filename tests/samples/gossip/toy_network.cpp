// SPDX-License-Identifier: Apache-2.0
#include "toy_network.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <variant>

namespace troupe::test {

using namespace std::chrono_literals;

toy_network::toy_network(uint64_t seed, size_t nodes,
                         const gossip_options& options)
  : random(seed),
    got_(nodes),
    wakeup_of_(nodes) {
  auto how = options;
  if (how.topics.empty())
    how.topics = {"news"};
  for (size_t i = 0; i < nodes; ++i)
    nodes_.push_back(
        std::make_unique<plumtree>(how, gossip_origin(id_of(i)), random, now));
}

node_id toy_network::id_of(size_t number) {
  std::array<std::byte, node_id::size> raw{};
  const uint64_t value = number + 1;
  std::memcpy(raw.data(), &value, sizeof value);
  return node_id{raw};
}

void toy_network::connect(size_t a, size_t b) {
  const auto latency = random.between(10ms, 50ms);
  for (auto [from, to] : {std::pair{a, b}, std::pair{b, a}})
    links_.insert_or_assign({from, to}, line{latency, ++counter_});
  nodes_[a]->up(id_of(b), now);
  nodes_[b]->up(id_of(a), now);
  perform(a);
  perform(b);
}

void toy_network::disconnect(size_t a, size_t b) {
  links_.erase({a, b});
  links_.erase({b, a});
  nodes_[a]->down(id_of(b), now);
  nodes_[b]->down(id_of(a), now);
}

gossip_id toy_network::publish(size_t node, std::string content) {
  auto id = nodes_[node]->publish("news", std::move(content), now);
  ++got_[node][*id];
  perform(node);
  return *id;
}

void toy_network::perform(size_t node) {
  for (auto& action : nodes_[node]->take_actions()) {
    if (auto* message = std::get_if<gossip_send>(&action)) {
      size_t to = 0;
      while (id_of(to) != message->to)
        ++to;
      send(node, to, message->what);
    } else if (auto* given = std::get_if<gossip_deliver>(&action)) {
      ++got_[node][given->what.id];
      nodes_[node]->judge(
          given->what.id,
          verdict ? verdict(node, given->what) : gossip_verdict::accept, now);
      perform(node);
    } else if (auto* problem = std::get_if<gossip_blame>(&action)) {
      size_t who = 0;
      while (id_of(who) != problem->who)
        ++who;
      blamed.emplace(who, node);
    }
  }
  schedule(node);
}

void toy_network::send(size_t from, size_t to, const message_ptr& what) {
  auto& [count, bytes] = sent[what->GetDescriptor()->name()];
  ++count;
  bytes += what->ByteSizeLong();
  auto i = links_.find({from, to});
  if (i == links_.end() || random.chance(lost_per_mille)
      || (lets_through && !lets_through(from, to, *what)))
    return;
  auto& link = i->second;
  const auto copies = random.chance(twice_per_mille) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    // A little more each time, for what comes first on two ways differs.
    link.last_arrival = std::max(now + link.latency + random.between(0ms, 2ms),
                                 link.last_arrival);
    on_its_way_.emplace(std::pair{link.last_arrival, ++counter_},
                        parcel{from, to, link.number, what});
  }
}

void toy_network::arrive(const parcel& what) {
  auto i = links_.find({what.from, what.to});
  if (i == links_.end() || i->second.number != what.link)
    return;
  auto give = [&]<class Message>(const Message* message) {
    if (message != nullptr)
      nodes_[what.to]->received(id_of(what.from), *message, now);
  };
  const auto* message = what.what.get();
  give(dynamic_cast<const plumtree_wire::Subscriptions*>(message));
  give(dynamic_cast<const plumtree_wire::Payload*>(message));
  give(dynamic_cast<const plumtree_wire::Announcement*>(message));
  give(dynamic_cast<const plumtree_wire::Graft*>(message));
  give(dynamic_cast<const plumtree_wire::Prune*>(message));
  perform(what.to);
}

void toy_network::schedule(size_t node) {
  auto next = nodes_[node]->next_wakeup();
  if (next == wakeup_of_[node])
    return;
  if (wakeup_of_[node])
    wakeups_.erase({*wakeup_of_[node], node});
  wakeup_of_[node] = next;
  if (next)
    wakeups_.emplace(*next, node);
}

void toy_network::advance(duration span) {
  const auto end = now + span;
  for (size_t i = 0; i < nodes_.size(); ++i)
    schedule(i);
  for (;;) {
    const auto arrival = on_its_way_.empty() ? time_point::max()
                                             : on_its_way_.begin()->first.first;
    const auto wakeup
        = wakeups_.empty() ? time_point::max() : wakeups_.begin()->first;
    if (std::min(arrival, wakeup) > end)
      break;
    now = std::max(now, std::min(arrival, wakeup));
    if (arrival <= wakeup) {
      const auto what = on_its_way_.begin()->second;
      on_its_way_.erase(on_its_way_.begin());
      arrive(what);
    } else {
      const auto node = wakeups_.begin()->second;
      nodes_[node]->wake(now);
      perform(node);
    }
  }
  now = end;
}

size_t toy_network::got(size_t node, const gossip_id& what) const {
  auto i = got_[node].find(what);
  return i != got_[node].end() ? i->second : 0;
}

size_t toy_network::reached(const gossip_id& what) const {
  size_t result = 0;
  for (size_t i = 0; i < nodes_.size(); ++i)
    result += got(i, what) > 0 ? 1 : 0;
  return result;
}

} // namespace troupe::test
