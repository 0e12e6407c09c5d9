// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/ban_list.hpp"

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr time_point start{1h};

struct ban_list_fixture {
  std::optional<node_id> ban(char first, duration how_long,
                             bool by_operator = false) {
    return uut.insert(peer(first), records[first],
                      {start + how_long, "test", by_operator});
  }

  std::map<char, peer_record> records;
  ban_list uut{2};
};

} // namespace

TEST_CASE_FIXTURE(ban_list_fixture, "bans end in the order of their ends") {
  ban('a', 3min);
  ban('b', 1min);
  CHECK_FALSE(uut.next_free(start));
  CHECK(uut.next_free(start + 1min) == peer('b'));
  uut.erase(peer('b'), records['b']);
  CHECK_FALSE(records['b'].ban);
  CHECK_FALSE(uut.next_free(start + 2min));
  CHECK(uut.next_free(start + 3min) == peer('a'));
}

TEST_CASE_FIXTURE(ban_list_fixture,
                  "of too many bans by the rules, the one that is over "
                  "first gives way") {
  CHECK_FALSE(ban('a', 2min));
  CHECK_FALSE(ban('b', 1min));
  CHECK(ban('c', 3min) == peer('b'));
}

TEST_CASE_FIXTURE(ban_list_fixture,
                  "bans by an operator neither count nor give way") {
  CHECK_FALSE(ban('a', 1min, true));
  CHECK_FALSE(ban('b', 2min));
  CHECK_FALSE(ban('c', 3min));
  CHECK(ban('d', 4min) == peer('b'));
}

TEST_CASE_FIXTURE(ban_list_fixture,
                  "a new ban of a peer takes the place of the old one") {
  ban('a', 1min);
  CHECK_FALSE(ban('a', 5min));
  CHECK(uut.all().size() == 1);
  CHECK_FALSE(uut.next_free(start + 4min));
  CHECK(records['a'].ban->until == start + 5min);
}

TEST_CASE_FIXTURE(ban_list_fixture, "whoever is not banned cannot be freed") {
  uut.erase(peer('a'), records['a']);
  CHECK(uut.all().empty());
}
