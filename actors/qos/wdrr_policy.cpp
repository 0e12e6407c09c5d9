// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/wdrr_policy.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Moves an entry without a new allocation, or makes one.
template <class Map, class Key>
void move_entry(Map& map, const Key& from, const Key& to, qos_flow& flow) {
  if (auto node = map.extract(from)) {
    node.key() = to;
    map.insert(std::move(node));
  } else {
    map.emplace(to, &flow);
  }
}

} // namespace

void wdrr_policy::update(qos_flow& flow) {
  if (flow.held_back)
    unlist(flow);
  else
    list(flow);
  if (flow.sheddable)
    weigh(flow);
}

/// Puts a flow where it can afford its head.
void wdrr_policy::list(qos_flow& flow) {
  const auto fresh = flow.turn == 0;
  // Nobody saves up while there is nothing to be had.
  if (fresh)
    flow.credit_round = round_;
  const auto missing = flow.head_cost - std::min(flow.head_cost, flow.credit);
  const auto rounds = (missing + share(flow) - 1) / share(flow);
  // A cheaper head than the one it waited for does not send it to the past.
  const auto due = std::max(flow.credit_round + rounds, round_);
  if (!fresh && due == flow.round)
    return;
  const auto before = place{flow.round, flow.turn};
  flow.round = due;
  flow.turn = ++turns_;
  move_entry(ring_, before, place{flow.round, flow.turn}, flow);
}

void wdrr_policy::unlist(qos_flow& flow) {
  if (flow.turn != 0)
    ring_.erase({flow.round, flow.turn});
  flow.turn = 0;
}

void wdrr_policy::weigh(qos_flow& flow) {
  const auto before = place{flow.level, flow.rank};
  if (flow.rank == 0)
    flow.rank = ++ranks_;
  flow.level = flow.held / flow.weight;
  move_entry(levels_, before, place{flow.level, flow.rank}, flow);
}

void wdrr_policy::remove(qos_flow& flow) {
  unlist(flow);
  levels_.erase({flow.level, flow.rank});
  flow.rank = 0;
  flow.level = 0;
  flow.credit = 0;
}

qos_flow* wdrr_policy::next() {
  return ring_.empty() ? nullptr : ring_.begin()->second;
}

void wdrr_policy::serve(qos_flow& flow) {
  round_ = flow.round;
  flow.credit += (round_ - flow.credit_round) * share(flow);
  flow.credit_round = round_;
  // Whoever waited for an element that is gone now has not saved up for others.
  flow.credit = std::min(flow.credit, flow.head_cost + share(flow));
  flow.credit -= std::min(flow.head_cost, flow.credit);
}

qos_flow* wdrr_policy::victim(const qos_flow& newcomer, uint64_t cost,
                              uint64_t needed) {
  if (levels_.empty())
    return nullptr;
  auto most = levels_.rbegin()->second;
  const auto level = (newcomer.held + cost) / newcomer.weight;
  return most != &newcomer && most->level > level && most->held >= needed
             ? most
             : nullptr;
}

} // namespace troupe
