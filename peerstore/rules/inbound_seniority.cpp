// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/inbound_seniority.hpp"

#include <algorithm>
#include <map>

namespace troupe {

namespace {

/// Who never served before does so from now on.
duration known_for(const inbound_peer& x) {
  return std::max(x.seniority, x.age);
}

} // namespace

std::optional<node_id>
choose_for_seniority(const std::vector<inbound_peer>& all,
                     const std::string& group, duration seniority,
                     const seniority_options& options) {
  if (group.empty() || seniority < options.min)
    return std::nullopt;
  std::map<std::string, size_t> counts;
  for (const auto& x : all)
    ++counts[x.group];
  const auto of_newcomer = counts.count(group) != 0 ? counts.at(group) : 0;
  size_t as_senior = 0;
  const inbound_peer* result = nullptr;
  for (const auto& x : all) {
    if (known_for(x) > seniority / options.margin)
      ++as_senior;
    else if (x.may_go && counts.at(x.group) > of_newcomer
             && (result == nullptr || known_for(x) <= known_for(*result)))
      result = &x;
  }
  if (result == nullptr || 4 * as_senior >= options.quarters * all.size())
    return std::nullopt;
  return result->id;
}

} // namespace troupe
