// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "world.hpp"

namespace troupe::test {

constexpr wall_time noon{1'000'000h};

/// What a store holds after it took all changes.
struct stored_state {
  std::map<node_id, stored_peer> content;

  void take(world& w, wall_time wall_now) {
    apply(w.core.take_changes(w.now, wall_now));
    CHECK_FALSE(w.core.has_changes());
    CHECK(w.core.take_changes(w.now, wall_now).empty());
  }

  void apply(const store_changes& changes) {
    std::set<node_id> named;
    for (const auto& x : changes.put) {
      CHECK(named.insert(x.id).second);
      content[x.id] = x;
    }
    for (const auto& id : changes.erase) {
      CHECK(named.insert(id).second);
      content.erase(id);
    }
  }

  std::vector<stored_peer> all() const {
    std::vector<stored_peer> result;
    for (const auto& [id, x] : content)
      result.push_back(x);
    return result;
  }
};

} // namespace troupe::test
