// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/book/keyed_hash.hpp"

#include "../rules/world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a hash follows from the key, the texts, and where each ends") {
  seeded_entropy random{1};
  const auto key = keyed_hash::draw_key(random);
  const keyed_hash hash{key};
  CHECK(hash({"a", "bc"}) == keyed_hash{key}({"a", "bc"}));
  CHECK(hash({"a", "bc"}) != hash({"ab", "c"}));
  CHECK(hash({"a", "bc"}) != hash({"bc", "a"}));
  CHECK(hash({"a"}) != hash({"a", ""}));
  const auto other = keyed_hash::draw_key(random);
  CHECK(other != key);
  CHECK(keyed_hash{other}({"a", "bc"}) != hash({"a", "bc"}));
}

TEST_CASE("hashes fill all buckets alike") {
  seeded_entropy random{2};
  const keyed_hash hash{keyed_hash::draw_key(random)};
  std::array<int, 64> buckets{};
  for (int i = 0; i < 6400; ++i)
    ++buckets[hash({fmt::format("{}", i)}) % buckets.size()];
  for (auto count : buckets)
    CHECK((count > 50 && count < 150));
}
