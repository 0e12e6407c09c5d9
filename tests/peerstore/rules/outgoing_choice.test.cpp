// SPDX-License-Identifier: Apache-2.0

// Whom we dial of those that peers told us about: groups, anchors, feelers.

#include <map>
#include <set>

#include "stored_state.hpp"
#include "told_world.hpp"
#include "troupe/peerstore/book/address_group.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

peer_manager_options with_outgoing(size_t max_outgoing) {
  auto options = told_world::roomy();
  options.max_outgoing = max_outgoing;
  return options;
}

/// Dials until there are no slots left, and all answer.
void fill(told_world& w) {
  while (auto next = w.core.dial_next(w.now)) {
    const auto verdict = w.core.dialed(*next, w.now);
    if (verdict.code == errc::hung_up)
      return;
    CHECK(verdict.code == errc::none);
  }
}

} // namespace

// -- groups -------------------------------------------------------------------

TEST_CASE("slots are spread over networks, however many addresses one has") {
  told_world w{with_outgoing(8)};
  w.come('a', "8.8.8.8");
  // 200 addresses of one network, and two each of ten others.
  std::vector<node_address> told;
  for (uint32_t i = 0; i < 200; ++i) {
    auto x = numbered_at(i);
    x.hostname = fmt::format("66.6.{}.{}", i / 100, i % 100);
    told.push_back(x);
  }
  for (uint32_t i = 200; i < 220; ++i) {
    auto x = numbered_at(i);
    x.hostname = fmt::format("77.{}.1.{}", i % 10, i);
    told.push_back(x);
  }
  CHECK(w.tell('a', told) > 50);
  fill(w);
  std::map<std::string, int> groups;
  for (const auto& [id, which] : w.core.state().connections.all())
    if (which.way == direction::outbound)
      ++groups[which.group];
  CHECK(w.outgoing() == 8);
  CHECK(groups.size() == 8);
  for (const auto& [group, count] : groups)
    CHECK(count == 1);
}

TEST_CASE("where there is only one network, all slots go there") {
  told_world w{with_outgoing(4)};
  w.come('a', "8.8.8.8");
  for (auto first : {'b', 'c', 'd', 'e', 'f'})
    CHECK(w.tell('a', {at(first, fmt::format("66.6.6.{}", int{first}).c_str())})
          == 1);
  fill(w);
  CHECK(w.outgoing() == 4);
}

TEST_CASE("whom an operator named is dialed before whom peers told us of") {
  told_world w{with_outgoing(8)};
  w.come('a', "8.8.8.8");
  CHECK(w.tell('a', {at('b', "1.1.1.1"), at('c', "2.2.2.2")}) == 2);
  CHECK(*w.core.add(at('y', "3.3.3.3")));
  CHECK(*w.core.add(at('z', "3.3.3.4")));
  CHECK(w.dial_all().substr(0, 2) == "yz");
}

TEST_CASE("where a name leads decides about the group, once it is known") {
  told_world w{with_outgoing(4)};
  CHECK(*w.core.add(at('b', "peer.example.org")));
  CHECK(w.core.dial_next(w.now).has_value());
  CHECK(w.core
            .dialed(at('b', "peer.example.org"), w.now,
                    endpoint{.protocol = "mconn",
                             .ip = ip_address::v4(1, 2, 3, 4),
                             .port = 26656})
            .code
        == errc::none);
  CHECK(w.core.state().outgoing_groups()
        == std::map<std::string, size_t>{{"1.2.0.0/16", 1}});
  // So it may tell us of what is there.
  CHECK(w.tell('b', {at('c', "127.0.0.1")}) == 0);
}

// -- anchors ------------------------------------------------------------------

/// The same, a minute for each. @returns who it was, in order.
std::vector<node_id> fill_slowly(told_world& w) {
  std::vector<node_id> result;
  while (auto next = w.core.dial_next(w.now)) {
    if (w.core.dialed(*next, w.now).code != errc::none)
      return result;
    result.push_back(next->id);
    w.now += 1min;
  }
  return result;
}

std::set<node_id> anchors_of(const told_world& w) {
  std::set<node_id> result;
  for (const auto& [id, known] : w.core.state().peers.records())
    if (known.anchor)
      result.insert(id);
  return result;
}

TEST_CASE("after a restart those two are dialed first whom we had dialed and "
          "who had served longest, whatever filled the book meanwhile") {
  stored_state disk;
  std::set<node_id> longest;
  {
    told_world w{with_outgoing(6)};
    w.come('a', "8.8.8.8");
    std::vector<node_address> told;
    for (uint32_t i = 0; i < 40; ++i)
      told.push_back(numbered_at(i));
    w.tell('a', told);
    const auto all = fill_slowly(w);
    REQUIRE(all.size() == 6);
    CHECK(anchors_of(w).size() == 6);
    longest = {all[0], all[1]};
    // The flood comes.
    told.clear();
    for (uint32_t i = 1000; i < 1300; ++i)
      told.push_back(numbered_at(i));
    w.tell('a', told);
    SUBCASE("nobody has served yet") {}
    SUBCASE("all have") {
      w.now += 1h;
      static_cast<void>(w.core.probe_next(w.now));
    }
    disk.take(w, noon);
  }
  told_world w{with_outgoing(6), 99};
  CHECK(w.core.load(disk.all(), w.now, noon + 2min).empty());
  CHECK(anchors_of(w) == longest);
  w.now += 1min;
  auto one = w.core.dial_next(w.now);
  auto other = w.core.dial_next(w.now);
  REQUIRE(one.has_value());
  REQUIRE(other.has_value());
  CHECK(std::set<node_id>{one->id, other->id} == longest);
}

TEST_CASE("nobody becomes an anchor by coming and going, and nobody stays one "
          "who does not answer") {
  told_world w{with_outgoing(1)};
  for (auto first : {'b', 'c', 'd'})
    CHECK(*w.core.add(at(first, fmt::format("1.{}.1.1", int{first}).c_str())));
  auto anchors = [&w] {
    std::string result;
    for (const auto& [id, known] : w.core.state().peers.records())
      if (known.anchor)
        result += static_cast<char>(id.bytes()[0]);
    return result;
  };
  auto one = [&](duration lasted) {
    auto next = w.core.dial_next(w.now);
    REQUIRE(next);
    CHECK(w.core.dialed(*next, w.now).code == errc::none);
    w.now += lasted;
    const auto who = static_cast<char>(next->id.bytes()[0]);
    CHECK(w.disconnected(who) == errc::none);
    return who;
  };
  one(1s);
  CHECK(anchors().empty());
  auto last = one(1min);
  CHECK(anchors() == std::string{last});
  // It is dialed first, and does not answer any more.
  for (int i = 0; i < 3; ++i) {
    w.now += 1h;
    auto next = w.core.dial_next(w.now);
    REQUIRE(next);
    CHECK(static_cast<char>(next->id.bytes()[0]) == last);
    CHECK(w.core.dial_failed(*next, w.now, {errc::timeout, ""}) == errc::none);
  }
  CHECK(anchors().empty());
  // Each that takes the place of one that was lost is the anchor instead.
  for (int i = 0; i < 10; ++i) {
    w.now += 1h;
    one(1min);
    CHECK(anchors().size() == 1);
  }
}

TEST_CASE("whom we sent away is no anchor") {
  told_world w{with_outgoing(2)};
  CHECK(*w.core.add(at('b', "1.1.1.1")));
  w.dial('b');
  w.now += 1min;
  CHECK(w.core.state().peers.find(peer('b'))->anchor);
  CHECK(w.core.disconnect(peer('b')) == errc::none);
  CHECK(w.disconnected('b', errc::by_operator) == errc::none);
  CHECK_FALSE(w.core.state().peers.find(peer('b'))->anchor);
}

// -- feelers ------------------------------------------------------------------

TEST_CASE("while all slots are taken, a feeler finds out whether somebody "
          "answers") {
  told_world w{with_outgoing(1)};
  w.come('a', "8.8.8.8");
  CHECK(*w.core.add(at('b', "1.1.1.1")));
  w.dial('b');
  CHECK(w.tell('a', {at('c', "2.2.2.2")}) == 1);
  auto next = w.core.dial_next(w.now);
  REQUIRE(next);
  CHECK(next->id == peer('c'));
  CHECK(w.dialing() == 1);
  // One at a time.
  CHECK(w.tell('a', {at('d', "3.3.3.3")}) == 1);
  w.now += 1min;
  CHECK(w.dial_next() == 0);
  SUBCASE("it does") {
    CHECK(w.core.dialed(*next, w.now).code == errc::hung_up);
    CHECK(w.book().find(peer('c'))->shelf == book_shelf::tried);
    CHECK(w.about('c').addresses.front().failures == 0);
  }
  SUBCASE("it does not") {
    CHECK(w.core.dial_failed(*next, w.now, {errc::timeout, ""}) == errc::none);
    CHECK(w.book().find(peer('c'))->shelf == book_shelf::fresh);
    CHECK(w.about('c').addresses.front().failures == 1);
  }
  SUBCASE("a slot came free meanwhile, and it stays") {
    CHECK(w.disconnected('b') == errc::none);
    CHECK(w.core.dialed(*next, w.now).code == errc::none);
    CHECK(w.status(peer('c')) == peer_status::down);
    CHECK(w.outgoing() == 1);
  }
  CHECK(w.outgoing() <= 1);
  CHECK_FALSE(check_invariants(w.view()).has_value());
}

TEST_CASE("feelers come at times that differ, and without end only while there "
          "is somebody to ask") {
  told_world w{with_outgoing(1)};
  w.come('a', "8.8.8.8");
  CHECK(*w.core.add(at('b', "1.1.1.1")));
  w.dial('b');
  CHECK_FALSE(w.core.next_wakeup().has_value());
  std::vector<node_address> told;
  for (uint32_t i = 0; i < 40; ++i)
    told.push_back(numbered_at(i));
  w.tell('a', told);
  std::set<duration> waits;
  size_t asked = 0;
  for (auto before = w.now; w.book().size(book_shelf::fresh) > 0;) {
    if (auto next = w.core.dial_next(w.now)) {
      CHECK(w.core.dialed(*next, w.now).code == errc::hung_up);
      ++asked;
      waits.insert(w.now - before);
      before = w.now;
      continue;
    }
    REQUIRE(asked <= 40);
    w.sleep();
  }
  CHECK(asked == w.book().size(book_shelf::tried));
  CHECK(waits.size() > asked / 2);
  for (auto wait : waits)
    CHECK((wait == 0s || (wait >= 1min && wait <= 3min)));
  CHECK(w.dial_next() == 0);
  CHECK_FALSE(w.core.next_wakeup().has_value());
}

TEST_CASE(
    "there are no feelers where there are to be none, nor where nobody is "
    "to be dialed") {
  for (auto [interval, outgoing] :
       {std::pair{duration{0s}, size_t{1}}, {duration{2min}, size_t{0}}}) {
    auto options = with_outgoing(outgoing);
    options.feeler_interval = interval;
    told_world w{options};
    w.come('a', "8.8.8.8");
    CHECK(*w.core.add(at('b', "1.1.1.1")));
    if (outgoing > 0)
      w.dial('b');
    CHECK(w.tell('a', {at('c', "2.2.2.2")}) == 1);
    CHECK(w.dial_next() == 0);
    CHECK_FALSE(w.core.next_wakeup().has_value());
  }
}

// -- memory -------------------------------------------------------------------

TEST_CASE("the book is the same after a restart") {
  stored_state disk;
  told_world w{with_outgoing(2)};
  w.come('a', "8.8.8.8");
  std::vector<node_address> told;
  for (uint32_t i = 0; i < 100; ++i)
    told.push_back(numbered_at(i));
  w.tell('a', told);
  for (int i = 0; i < 20; ++i) {
    w.now += 5min;
    if (auto next = w.core.dial_next(w.now))
      (void)w.core.dialed(*next, w.now);
  }
  const auto changes = w.core.take_changes(w.now, noon);
  CHECK(changes.secret.size() == 32);
  disk.apply(changes);
  CHECK(w.core.take_changes(w.now, noon).secret.empty());

  told_world again{with_outgoing(2), 5};
  again.core.load_secret(changes.secret);
  CHECK(again.core.load(disk.all(), again.now, noon).empty());
  CHECK(again.book().secret() == w.book().secret());
  CHECK(again.book().size() == w.book().size());
  CHECK(again.book().size(book_shelf::tried)
        == w.book().size(book_shelf::tried));
  for (const auto& address : told)
    if (const auto* known = w.book().find(address.id)) {
      REQUIRE(again.book().find(address.id) != nullptr);
      CHECK(*again.book().find(address.id) == *known);
    }
  // What stands in the store of another version may be anything.
  told_world other{with_outgoing(2)};
  const auto own = other.book().secret();
  other.core.load_secret("g1");
  CHECK(other.book().secret() == own);
}

// -- who makes way ------------------------------------------------------------

TEST_CASE("when all slots are taken, one of a crowd makes way for one of "
          "another network") {
  auto options = told_world::roomy();
  options.max_connected = 20;
  options.max_connected_upgrade = 1;
  told_world w{options};
  // Sixteen slots for who comes.
  for (int i = 0; i < 16; ++i) {
    w.come(static_cast<char>('A' + i), fmt::format("66.6.6.{}", i).c_str());
    w.now += 1s;
  }
  auto from = [&w](char who, const char* ip) {
    return w.core
        .accepted(peer(who), std::nullopt, w.now,
                  endpoint{.protocol = "mconn",
                           .ip = ip_address::parse(ip),
                           .port = 1})
        .code;
  };
  CHECK(from('y', "66.6.6.99") == errc::too_many_peers);
  CHECK(from('z', "8.8.8.8") == errc::none);
  CHECK(w.evict_next() == 'P'); // The youngest.
  CHECK(w.evict_next() == 0);
  CHECK_FALSE(check_invariants(w.view()).has_value());
}

TEST_CASE("configured peers do not make way for the sake of networks") {
  auto options = told_world::roomy();
  options.max_connected = 20;
  options.max_connected_upgrade = 1;
  options.unconditional_peers = {peer('P')};
  options.preferred_peers = {{.id = peer('O')}};
  options.persistent_peers = {at('N', "66.6.6.77")};
  told_world w{options};
  for (int i = 0; i < 17; ++i) {
    w.come(static_cast<char>('A' + i), fmt::format("66.6.6.{}", i).c_str());
    w.now += 1s;
  }
  w.come('z', "8.8.8.8");
  CHECK(w.evict_next() == 'Q');
  CHECK(w.disconnected('Q') == errc::none);
  w.come('y', "9.9.9.9");
  CHECK(w.evict_next() == 'M');
}

TEST_CASE("who answers fast stays") {
  auto options = told_world::roomy();
  options.max_connected = 20;
  options.max_connected_upgrade = 1;
  told_world w{options};
  for (int i = 0; i < 16; ++i) {
    w.come(static_cast<char>('A' + i), fmt::format("66.6.6.{}", i).c_str());
    w.now += 1s;
  }
  w.core.measured(w.connection('P'), 5ms);
  w.core.measured(w.connection('P'), 500ms);
  w.core.measured({peer('x'), 7}, 5ms); // Not connected: nothing happens.
  w.come('z', "8.8.8.8");
  CHECK(w.evict_next() == 'O');
}
