// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/inbound_diversity.hpp"

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct inbound_diversity_fixture {
  /// Adds a peer that came a second after the one before it.
  inbound_peer& add(char first, const std::string& group) {
    for (auto& x : all)
      x.age += 1s;
    return all.emplace_back(inbound_peer{.id = peer(first), .group = group});
  }

  /// As many peers of one group as there are letters.
  void add_all(std::string_view peers, const std::string& group) {
    for (auto first : peers)
      add(first, group);
  }

  /// Who makes way; 0 if nobody does.
  char choose(const std::string& group) const {
    auto id = choose_for_diversity(all, group, hash, options);
    return id ? static_cast<char>(id->bytes()[0]) : '\0';
  }

  seeded_entropy random{3};
  keyed_hash hash{keyed_hash::draw_key(random)};
  std::vector<inbound_peer> all;
  /// Nobody is kept unless a test says so.
  diversity_options options{0, 0, 0, 1'000'000};
};

} // namespace

TEST_CASE("of the group with most connections the youngest makes way") {
  inbound_diversity_fixture x;
  x.add_all("ab", "few");
  x.add_all("defgh", "many");
  x.add_all("z", "one");
  CHECK(x.choose("new") == 'h');
  CHECK(x.choose("one") == 'h');
}

TEST_CASE("nobody makes way for one of his own network, nor where groups are "
          "even") {
  inbound_diversity_fixture x;
  x.add_all("abc", "many");
  CHECK(x.choose("many") == 0);
  x.add_all("de", "some");
  // Three and three would be two and three.
  CHECK(x.choose("some") == 0);
  CHECK(x.choose("new") == 'c');
  x.all.clear();
  x.add_all("a", "one");
  x.add_all("b", "two");
  CHECK(x.choose("new") == 0);
}

TEST_CASE("each exchange makes the groups more even, so that it comes to an "
          "end") {
  inbound_diversity_fixture x;
  x.add_all("abcdefghijkl", "flood");
  char next = 'n';
  int exchanges = 0;
  for (const auto* group : {"1", "2", "3", "4", "1", "2", "3", "4", "flood"})
    if (auto victim = x.choose(group)) {
      std::erase_if(x.all, [&](const auto& y) { return y.id == peer(victim); });
      x.add(next++, group);
      ++exchanges;
    }
  CHECK(exchanges == 8);
  CHECK(x.choose("flood") == 0);
}

TEST_CASE("of whom nobody knows where they are, nobody makes way and for them "
          "nobody does") {
  inbound_diversity_fixture x;
  x.add_all("abcdef", "");
  CHECK(x.choose("new") == 0);
  x.add_all("ghijk", "many");
  CHECK(x.choose("") == 0);
  CHECK(x.choose("new") == 'k');
}

TEST_CASE("who may not go stays, and counts for his group") {
  inbound_diversity_fixture x;
  x.add_all("abc", "many");
  x.all[2].may_go = false;
  CHECK(x.choose("new") == 'b');
  for (auto& y : x.all)
    y.may_go = false;
  CHECK(x.choose("new") == 0);
}

TEST_CASE("those stay that answer fastest, were most useful, or came first") {
  inbound_diversity_fixture x;
  x.add_all("abcdefgh", "many");
  SUBCASE("fastest") {
    x.options.kept_by_rtt = 2;
    x.all[7].rtt = 1ms;
    x.all[6].rtt = 2ms;
    x.all[5].rtt = 3ms;
    CHECK(x.choose("new") == 'f');
  }
  SUBCASE("nobody was measured") {
    x.options.kept_by_rtt = 8;
    CHECK(x.choose("new") == 'h');
  }
  SUBCASE("most useful") {
    x.options.kept_by_points = 2;
    x.all[7].points = 5;
    x.all[6].points = 3;
    x.all[5].points = 1;
    CHECK(x.choose("new") == 'f');
  }
  SUBCASE("of no use") {
    x.options.kept_by_points = 8;
    x.all[7].points = -1;
    CHECK(x.choose("new") == 'h');
  }
  SUBCASE("first, and one of each network") {
    x.options.kept_by_rtt = 1;
    x.options.kept_by_age_divisor = 1;
    x.all.erase(x.all.begin() + 2, x.all.end());
    CHECK(x.choose("new") == 'b');
    // One that stays for another reason is as good.
    x.all[1].rtt = 1ms;
    CHECK(x.choose("new") == 'a');
    x.options.kept_by_rtt = 0;
    CHECK(x.choose("new") == 'b');
  }
}

TEST_CASE(
    "one peer each of some groups stays, and which ones nobody foresees") {
  inbound_diversity_fixture x;
  x.options.kept_by_group = 1;
  x.add_all("ab", "one");
  x.add_all("cd", "two");
  std::set<std::string> kept;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    x.random = seeded_entropy{seed};
    x.hash = keyed_hash{keyed_hash::draw_key(x.random)};
    // The elder of one of the groups stays; of the other both may go.
    x.options.kept_by_age_divisor = 1'000'000;
    auto without_young = x.all;
    std::erase_if(without_young, [](const auto& y) {
      return y.id == peer('b') || y.id == peer('d');
    });
    for (const auto* group : {"one", "two"})
      for (int i = 0; i < 2; ++i)
        without_young.push_back({.id = peer(group[0] == 'o' ? 'x' : 'y'),
                                 .group = group,
                                 .may_go = false});
    auto id = choose_for_diversity(without_young, "new", x.hash, x.options);
    REQUIRE(id);
    kept.insert(*id == peer('a') ? "two" : "one");
  }
  CHECK(kept.size() == 2);
}
