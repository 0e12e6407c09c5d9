// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_map.hpp"

#include <algorithm>
#include <iterator>

#include "troupe/messages/plain_text.hpp"

namespace troupe::command {

std::string to_string(crawl_state x) {
  constexpr const char* names[]
      = {"waiting",      "answered",    "silent",    "no_pex",
         "incompatible", "unreachable", "not_dialed"};
  static_assert(std::size(names) == crawl_state_count);
  const auto index = static_cast<size_t>(x);
  return index < std::size(names) ? names[index] : "unknown";
}

uint32_t crawl_map::add_seed(const node_address& address) {
  const auto [node, is_new] = learn(address, 0);
  // An operator names few.
  if (!node)
    return 0;
  nodes_[*node].seed = true;
  nodes_[*node].hops = 0;
  return *node;
}

std::vector<uint32_t>
crawl_map::add_told(uint32_t teller,
                    const std::vector<node_address>& addresses) {
  std::vector<uint32_t> result;
  const auto hops = nodes_[teller].hops + 1;
  for (const auto& address : addresses) {
    if (address.id == nodes_[teller].id || !address.id)
      continue;
    if (nodes_[teller].told.size() >= bounds_.told_by_a_node) {
      ++omitted_.lines;
      continue;
    }
    const auto [node, is_new] = learn(address, hops);
    if (!node)
      continue;
    connect(teller, *node);
    if (is_new
        && std::find(result.begin(), result.end(), *node) == result.end())
      result.push_back(*node);
  }
  return result;
}

std::pair<std::optional<uint32_t>, bool>
crawl_map::learn(const node_address& address, uint32_t hops) {
  auto number = find(address.id);
  if (!number) {
    if (nodes_.size() >= bounds_.nodes) {
      ++omitted_.nodes;
      return {std::nullopt, false};
    }
    number = static_cast<uint32_t>(nodes_.size());
    nodes_.push_back({.id = address.id, .hops = hops});
    numbers_.emplace(address.id, *number);
  }
  auto& known = nodes_[*number].addresses;
  if (std::find(known.begin(), known.end(), address) != known.end())
    return {number, false};
  if (known.size() >= bounds_.addresses_of_a_node) {
    ++omitted_.addresses;
    return {number, false};
  }
  known.push_back(address);
  return {number, true};
}

void crawl_map::connect(uint32_t teller, uint32_t node) {
  auto& told = nodes_[teller].told;
  if (std::find(told.begin(), told.end(), node) != told.end())
    return;
  if (lines_ >= bounds_.lines) {
    ++omitted_.lines;
    return;
  }
  told.push_back(node);
  ++nodes_[node].told_by;
  ++lines_;
}

void crawl_map::set_info(uint32_t node, peer_info info, duration connect_time) {
  info.moniker = plain_text(info.moniker, bounds_.text_size);
  info.version = plain_text(info.version, bounds_.text_size);
  nodes_[node].info = std::move(info);
  nodes_[node].connect_time = connect_time;
}

void crawl_map::set_answered(uint32_t node, duration answer_time) {
  set_state(node, crawl_state::answered, errc::none, {});
  nodes_[node].answer_time = answer_time;
}

void crawl_map::set_state(uint32_t node, crawl_state state, errc reason,
                          std::string_view detail) {
  nodes_[node].state = state;
  nodes_[node].reason = reason;
  nodes_[node].detail = plain_text(detail, bounds_.text_size);
}

std::optional<uint32_t> crawl_map::find(const node_id& id) const {
  const auto i = numbers_.find(id);
  if (i == numbers_.end())
    return std::nullopt;
  return i->second;
}

} // namespace troupe::command
