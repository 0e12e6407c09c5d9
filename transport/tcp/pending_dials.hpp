// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "troupe/messages/time.hpp"

namespace troupe {

/// Attempts to connect that have no outcome yet, each until its deadline.
/// Whatever ends one takes it out, so that it ends once.
template <class Attempt>
class pending_dials {
public:
  /// Adds an attempt. @returns its number.
  uint64_t add(Attempt what, time_point deadline) {
    const auto id = ++last_;
    entries_.emplace(id, entry{std::move(what), deadline});
    return id;
  }

  /// Returns an attempt that is still there, otherwise null.
  [[nodiscard]] Attempt* find(uint64_t id) {
    auto i = entries_.find(id);
    return i != entries_.end() ? &i->second.what : nullptr;
  }

  /// Takes out an attempt. @returns nothing if something else has.
  std::optional<Attempt> take(uint64_t id) {
    auto node = entries_.extract(id);
    if (node.empty())
      return std::nullopt;
    return std::move(node.mapped().what);
  }

  /// Takes out those whose deadline has come, the oldest first.
  std::vector<Attempt> take_expired(time_point now) {
    std::vector<Attempt> result;
    for (auto i = entries_.begin(); i != entries_.end();) {
      if (i->second.deadline > now) {
        ++i;
        continue;
      }
      result.push_back(std::move(i->second.what));
      i = entries_.erase(i);
    }
    return result;
  }

  /// When `take_expired` has something to take.
  [[nodiscard]] std::optional<time_point> next_wakeup() const {
    auto first = std::min_element(
        entries_.begin(), entries_.end(), [](const auto& x, const auto& y) {
          return x.second.deadline < y.second.deadline;
        });
    if (first == entries_.end())
      return std::nullopt;
    return first->second.deadline;
  }

private:
  struct entry {
    Attempt what;
    time_point deadline;
  };

  uint64_t last_ = 0;
  std::map<uint64_t, entry> entries_;
};

} // namespace troupe
