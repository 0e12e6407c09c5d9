// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/inbound_seniority.hpp"

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct inbound_seniority_fixture {
  /// Adds peers that have been here for a minute, each in a group of its own.
  void add(std::string_view peers, duration seniority, bool may_go = true) {
    for (auto first : peers)
      all.push_back({.id = peer(first),
                     .group = std::string{first},
                     .age = 1min,
                     .seniority = seniority,
                     .may_go = may_go});
  }

  /// Who makes way; 0 if nobody does.
  char choose(duration seniority, const std::string& group = "new") const {
    auto id = choose_for_seniority(all, group, seniority);
    return id ? static_cast<char>(id->bytes()[0]) : '\0';
  }

  std::vector<inbound_peer> all;
};

} // namespace

TEST_CASE_FIXTURE(inbound_seniority_fixture,
                  "for one that served us long ago, the one makes way "
                  "that we know shortest") {
  add("ab", 5h);
  add("cd", 0s);
  add("ef", 1h);
  all[2].age = 30min;
  CHECK(choose(10h) == 'd');
  all[3].age = 2h;
  CHECK(choose(10h) == 'c');
}

TEST_CASE_FIXTURE(inbound_seniority_fixture,
                  "nobody makes way for one that is new, nor for one "
                  "that is hardly more senior") {
  add("abcd", 40min);
  CHECK(choose(0s) == 0);
  CHECK(choose(59min) == 0);
  CHECK(choose(79min) == 0);
  CHECK(choose(80min) == 'd');
}

TEST_CASE_FIXTURE(inbound_seniority_fixture, "who may not go stays") {
  add("ab", 0s, false);
  CHECK(choose(10h) == 0);
  add("c", 3h);
  CHECK(choose(10h) == 'c');
}

TEST_CASE_FIXTURE(inbound_seniority_fixture,
                  "nobody makes way for one whose network has as many "
                  "connections as his") {
  add("abc", 0s);
  CHECK(choose(10h, "a") == 0);
  CHECK(choose(10h, "") == 0);
  all[1].group.assign(1, 'c');
  all[1].age = 1h;
  CHECK(choose(10h, "a") == 'c');
  CHECK(choose(10h, "c") == 0);
  CHECK(choose(10h) == 'c');
}

TEST_CASE_FIXTURE(inbound_seniority_fixture,
                  "a quarter of the slots is for those that are new") {
  add("abcdefgh", 0s);
  // The senior ones come, and have their part after six exchanges.
  int exchanges = 0;
  for (char next = 'n'; auto victim = choose(10h); ++next, ++exchanges) {
    std::erase_if(all, [&](const auto& x) { return x.id == peer(victim); });
    add(std::string{next}, 10h);
  }
  CHECK(exchanges == 6);
  // More senior ones take the place of new ones no more often.
  CHECK(choose(100h) == 'b');
  add("xyz", 100h);
  std::erase_if(all, [&](const auto& x) { return x.seniority == 10h; });
  add("ij", 100h);
  add("k", 100h);
  CHECK(choose(100h) == 0);
}
