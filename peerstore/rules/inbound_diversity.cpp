// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/inbound_diversity.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace troupe {

namespace {

using peers = std::vector<inbound_peer>;

/// Takes peers out that stay, and remembers of which groups they are.
class keeper {
public:
  explicit keeper(peers& left) : left_(left) {}

  /// The first `count` of those that `stays`, in the order of `before`.
  template <class Less, class Pred>
  void keep_first(size_t count, Less before, Pred stays) {
    std::stable_sort(left_.begin(), left_.end(), before);
    size_t kept = 0;
    std::erase_if(left_, [&](const inbound_peer& x) {
      if (kept == count || !stays(x))
        return false;
      ++kept;
      groups_.insert(x.group);
      return true;
    });
  }

  [[nodiscard]] bool has(const std::string& group) const {
    return groups_.count(group) != 0;
  }

private:
  peers& left_;
  std::set<std::string> groups_;
};

} // namespace

std::optional<node_id> choose_for_diversity(std::vector<inbound_peer> all,
                                            const std::string& group,
                                            const keyed_hash& hash,
                                            const diversity_options& options) {
  if (group.empty())
    return std::nullopt;
  std::map<std::string, size_t> counts;
  for (const auto& x : all)
    ++counts[x.group];
  const auto of_newcomer = counts.count(group) != 0 ? counts.at(group) : 0;
  auto left = std::move(all);
  std::erase_if(left, [](const auto& x) { return !x.may_go; });
  std::map<std::string, uint64_t> lots;
  for (const auto& x : left)
    lots.try_emplace(x.group, hash({"kept group", x.group}));
  keeper keep{left};
  const auto is_first = [&keep](const auto& x) { return !keep.has(x.group); };
  keep.keep_first(
      options.kept_by_group,
      [&lots](const auto& x, const auto& y) {
        return std::tuple{lots.at(x.group), -x.age}
               < std::tuple{lots.at(y.group), -y.age};
      },
      is_first);
  keep.keep_first(
      options.kept_by_rtt,
      [](const auto& x, const auto& y) {
        return x.rtt.value_or(duration::max())
               < y.rtt.value_or(duration::max());
      },
      [](const auto& x) { return x.rtt.has_value(); });
  keep.keep_first(
      options.kept_by_points,
      [](const auto& x, const auto& y) { return x.points > y.points; },
      [](const auto& x) { return x.points > 0; });
  keep.keep_first(
      left.size() / options.kept_by_age_divisor,
      [](const auto& x, const auto& y) { return x.age > y.age; }, is_first);
  const inbound_peer* result = nullptr;
  for (const auto& x : left) {
    if (x.group.empty() || counts.at(x.group) < of_newcomer + 2)
      continue;
    // The last of equals is the youngest.
    if (result == nullptr || counts.at(x.group) >= counts.at(result->group))
      result = &x;
  }
  return result != nullptr ? std::optional{result->id} : std::nullopt;
}

} // namespace troupe
