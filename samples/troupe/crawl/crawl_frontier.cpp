// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_frontier.hpp"

#include <algorithm>

namespace troupe::command {

namespace {

/// What a failed dial says about the node.
crawl_state state_after(errc reason) {
  switch (reason) {
    case errc::wrong_network:
    case errc::wrong_block_version:
      return crawl_state::incompatible;
    case errc::no_common_channel:
      // We have no other.
      return crawl_state::no_pex;
    case errc::filtered:
    case errc::self_connection:
      return crawl_state::not_dialed;
    default:
      return crawl_state::unreachable;
  }
}

/// Whether another address of the node may do better.
bool may_go_on(crawl_state state) {
  return state == crawl_state::unreachable || state == crawl_state::not_dialed;
}

} // namespace

crawl_frontier::crawl_frontier(const crawl_manners& manners,
                               const address_scope& scope,
                               const crawl_bounds& bounds)
  : manners_(manners),
    scope_(scope),
    map_(bounds) {}

void crawl_frontier::add_seed(const node_address& address) {
  enqueue(map_.add_seed(address));
}

// -- dials --------------------------------------------------------------------

crawl_frontier::progress& crawl_frontier::progress_of(uint32_t node) {
  if (progress_.size() <= node)
    progress_.resize(node + 1);
  return progress_[node];
}

/// Whether there is an address left to dial; skips those that are none.
bool crawl_frontier::dialable(uint32_t node) {
  auto& so_far = progress_of(node);
  const auto& addresses = map_.nodes()[node].addresses;
  while (so_far.next_address < addresses.size()
         && !scope_.allows(addresses[so_far.next_address]))
    ++so_far.next_address;
  return so_far.next_address < addresses.size()
         && so_far.dials < manners_.dials_of_a_node;
}

void crawl_frontier::enqueue(uint32_t node) {
  auto& so_far = progress_of(node);
  if (so_far.finished || so_far.queued
      || flights_.count(map_.nodes()[node].id) > 0)
    return;
  if (dialable(node)) {
    so_far.queued = true;
    queue_.push_back(node);
  } else if (so_far.dials == 0) {
    map_.set_state(node, crawl_state::not_dialed, errc::none, {});
  }
}

std::optional<node_address> crawl_frontier::next(time_point now) {
  if (queue_.empty() || flights_.size() >= manners_.concurrency
      || (next_dial_ && now < *next_dial_))
    return std::nullopt;
  const auto node = queue_.front();
  queue_.pop_front();
  auto& so_far = progress_of(node);
  so_far.queued = false;
  ++so_far.dials;
  const auto& known = map_.nodes()[node];
  const auto& address = known.addresses[so_far.next_address++];
  map_.set_state(node, crawl_state::waiting, errc::none, {});
  flights_[known.id] = {phase::dialed, now, now + manners_.patience};
  next_dial_ = now
               + std::chrono::duration_cast<duration>(
                   std::chrono::duration<double>{1 / manners_.rate});
  return address;
}

void crawl_frontier::failed(const node_id& node, errc reason,
                            std::string_view detail) {
  const auto who = flights_.find(node);
  if (who == flights_.end() || who->second.at != phase::dialed)
    return;
  flights_.erase(who);
  const auto number = *map_.find(node);
  const auto state = state_after(reason);
  map_.set_state(number, state, reason, detail);
  if (may_go_on(state))
    enqueue(number);
  else
    progress_of(number).finished = true;
}

// -- answers ------------------------------------------------------------------

bool crawl_frontier::up(const node_id& node, const peer_info& info,
                        time_point now) {
  const auto who = flights_.find(node);
  if (who == flights_.end() || who->second.at != phase::dialed)
    return false;
  const auto number = *map_.find(node);
  map_.set_info(number, info, now - who->second.since);
  progress_of(number).finished = true;
  if (!manners_.asks) {
    map_.set_state(number, crawl_state::answered, errc::none, {});
    leave(who, now);
    return false;
  }
  who->second = {phase::asked, now, now + manners_.patience};
  return true;
}

bool crawl_frontier::told(const node_id& node,
                          const std::vector<node_address>& addresses,
                          time_point now) {
  const auto who = flights_.find(node);
  if (who == flights_.end() || who->second.at != phase::asked)
    return false;
  const auto number = *map_.find(node);
  map_.set_answered(number, now - who->second.since);
  leave(who, now);
  for (auto found : map_.add_told(number, addresses))
    enqueue(found);
  return true;
}

void crawl_frontier::silent(const node_id& node, errc reason,
                            std::string_view detail, time_point now) {
  const auto who = flights_.find(node);
  if (who == flights_.end() || who->second.at != phase::asked)
    return;
  map_.set_state(*map_.find(node), crawl_state::silent, reason, detail);
  leave(who, now);
}

void crawl_frontier::leave(std::map<node_id, flight>::iterator who,
                           time_point now) {
  who->second = {phase::leaving, now, now + manners_.patience};
}

void crawl_frontier::down(const node_id& node, errc reason,
                          std::string_view detail, time_point now) {
  // Where it had been dialed only, the connection is an older one's.
  silent(node, reason, detail, now);
  const auto who = flights_.find(node);
  if (who != flights_.end() && who->second.at == phase::leaving)
    flights_.erase(who);
}

// -- time ---------------------------------------------------------------------

std::vector<node_id> crawl_frontier::give_up(time_point now) {
  std::vector<node_id> result;
  for (const auto& [node, flight] : flights_)
    if (flight.deadline <= now)
      result.push_back(node);
  for (const auto& node : result)
    switch (flights_.at(node).at) {
      case phase::dialed:
        failed(node, errc::timeout, "no connection in time");
        break;
      case phase::asked:
        silent(node, errc::timeout, "no answer in time", now);
        break;
      case phase::leaving:
        flights_.erase(node);
        break;
    }
  return result;
}

std::optional<time_point> crawl_frontier::wakeup() const {
  std::optional<time_point> result;
  if (!queue_.empty() && flights_.size() < manners_.concurrency)
    result = next_dial_.value_or(time_point::min());
  for (const auto& [node, flight] : flights_)
    result = std::min(result.value_or(flight.deadline), flight.deadline);
  return result;
}

bool crawl_frontier::done() const {
  return queue_.empty() && flights_.empty();
}

} // namespace troupe::command
