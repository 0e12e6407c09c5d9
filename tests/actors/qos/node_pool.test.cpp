// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/node_pool.hpp"

#include <cstdint>
#include <cstring>
#include <list>
#include <set>
#include <vector>

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("nodes of a pool are all different, also of those that came back") {
  node_pool uut;
  std::set<void*> out;
  auto take = [&](size_t count) {
    for (size_t i = 0; i < count; ++i) {
      auto* node = uut.take(80);
      std::memset(node, 0xff, 80);
      CHECK(out.insert(node).second);
    }
  };
  take(30);
  for (int i = 0; i < 20; ++i) {
    uut.give(*out.begin());
    out.erase(out.begin());
  }
  take(50);
  CHECK(out.size() == 60);
  // None overlaps another.
  auto last = uintptr_t{0};
  for (auto* node : out) {
    const auto here = reinterpret_cast<uintptr_t>(node);
    CHECK(here >= last);
    CHECK(here % alignof(void*) == 0);
    last = here + 80;
  }
  for (auto* node : out)
    uut.give(node);
}

TEST_CASE("a pool has nodes that are larger than what it takes at once, and "
          "others once all have come back") {
  node_pool uut;
  auto* one = uut.take(5000);
  auto* other = uut.take(5000);
  CHECK(one != other);
  uut.give(one);
  uut.give(other);
  uut.give(uut.take(16));
}

TEST_CASE("lists take their nodes from a pool") {
  node_pool pool;
  using list = std::list<int64_t, pool_allocator<int64_t>>;
  list one{pool_allocator<int64_t>{pool}};
  list other{pool_allocator<int64_t>{pool}};
  for (int i = 0; i < 100; ++i)
    one.push_back(i);
  other.splice(other.end(), one, one.begin());
  CHECK(other.front() == 0);
  CHECK(one.size() == 99);
  one.clear();
  CHECK(other.front() == 0);
}
