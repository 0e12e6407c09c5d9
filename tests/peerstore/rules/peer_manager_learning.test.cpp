// SPDX-License-Identifier: Apache-2.0

// What becomes of what peers tell: who is believed, and what we tell others.

#include <set>

#include "told_world.hpp"
#include "troupe/peerstore/book/self_claims.hpp"

using namespace troupe;
using namespace troupe::test;

// -- whom we believe ----------------------------------------------------------

TEST_CASE("what an operator names stands outside of the book, what peers tell "
          "in it") {
  told_world w;
  w.come('a', "8.8.8.8");
  CHECK(w.tell('a', {at('b', "1.2.3.4")}) == 1);
  CHECK(w.core.learn({at('c', "4.4.4.4")}, {}, w.now) == 1);
  CHECK(w.book().size() == 1);
  CHECK(w.book().find(peer('b'))->source == peer('a'));
  CHECK(w.book().find(peer('b'))->source_group == "8.8.0.0/16");
  CHECK(w.book().find(peer('b'))->group == "1.2.0.0/16");
  // He may name what was hearsay before.
  CHECK_FALSE(*w.core.add(at('b', "1.2.3.4")));
  CHECK(w.book().size() == 0);
}

TEST_CASE("the same address from another one is nothing new") {
  told_world w;
  w.come('a', "8.8.8.8");
  w.come('b', "9.9.9.9");
  CHECK(w.tell('a', {at('c', "1.2.3.4")}) == 1);
  CHECK(w.tell('b', {at('c', "1.2.3.4")}) == 0);
  CHECK(w.tell('a', {at('c', "1.2.3.4")}) == 0);
  CHECK(w.book().size() == 1);
  CHECK(w.book().find(peer('c'))->source == peer('a'));
}

TEST_CASE("what a peer says last counts as from where it was") {
  told_world w;
  w.come('a', "127.0.0.1");
  REQUIRE(w.disconnected('a') == errc::none);
  CHECK(w.tell('a', {at('b', "127.0.0.1")}) == 1);
  CHECK(w.book().find(peer('b'))->source_group
        == informant{.where = endpoint{.protocol = "mconn",
                                       .ip = ip_address::parse("127.0.0.1"),
                                       .port = 1}}
               .group());
  // Who comes again is where it is now.
  w.come('a', "8.8.8.8");
  CHECK(w.tell('a', {at('c', "127.0.0.1")}) == 0);
  // Not for ever.
  w.come('d', "127.0.0.1");
  REQUIRE(w.disconnected('d') == errc::none);
  for (int i = 0; i < 64; ++i) {
    w.come('e', "9.9.9.9");
    REQUIRE(w.disconnected('e') == errc::none);
  }
  CHECK(w.tell('d', {at('f', "127.0.0.1")}) == 0);
}

TEST_CASE("of our own address, of private, blocked and impossible ones nothing "
          "is learned") {
  auto options = told_world::roomy();
  options.private_peers = {peer('p')};
  options.blocked_peers = {peer('y')};
  options.self_address = at(world::own, "5.5.5.5");
  told_world w{options};
  w.come('a', "8.8.8.8");
  CHECK(w.tell('a', {at(world::own, "1.2.3.4"),
                     at('p', "1.2.3.4"),
                     at('y', "1.2.3.4"),
                     at('b', "10.0.0.1"),
                     at('b', "127.0.0.1"),
                     at('b', "0.0.0.0"),
                     at('b', "localhost"),
                     // Another ID, but where we are.
                     {.protocol = "mconn",
                      .id = peer('b'),
                      .hostname = "5.5.5.5",
                      .port = 26656},
                     {.protocol = "memory", .id = peer('b')}})
        == 0);
  CHECK(w.book().size() == 0);
  CHECK(w.addresses(peer('b')).empty());
}

TEST_CASE("peers of one private network tell each other of it, and those of "
          "this machine of loopback") {
  told_world w;
  w.come('a', "10.0.0.1");
  w.come('b', "127.0.0.1");
  CHECK(w.tell('a', {at('c', "10.9.9.9"), at('d', "192.168.1.1"),
                     at('e', "127.0.0.1")})
        == 1);
  CHECK(w.tell('b', {at('f', "127.0.0.1"), at('g', "10.0.0.1")}) == 1);
  // Who has never been here is nowhere.
  CHECK(w.tell('z', {at('h', "10.9.9.8")}) == 0);
}

TEST_CASE("without address_book_strict, private networks are like others") {
  auto options = told_world::roomy();
  options.address_book_strict = false;
  told_world w{options};
  w.come('a', "8.8.8.8");
  CHECK(w.tell('a', {at('c', "10.9.9.9"), at('d', "127.0.0.1")}) == 2);
  CHECK(w.core.advertise(peer('a'), 10, w.now).size() == 2);
}

TEST_CASE("where somebody answers, nobody else's word leads away from") {
  told_world w;
  w.come('a', "8.8.8.8");
  CHECK(w.tell('a', {at('b', "1.2.3.4")}) == 1);
  w.dial('b');
  for (int i = 0; i < 10; ++i)
    CHECK(w.tell('a', {at('b', fmt::format("6.6.6.{}", i).c_str())}) == 0);
  CHECK(w.addresses(peer('b')) == std::vector{at('b', "1.2.3.4")});
  // It may say itself where else it is.
  CHECK(w.core.learn({at('b', "1.2.3.5")}, peer('b'), w.now) == 1);
  CHECK(w.disconnected('b') == errc::none);
  // It has left: then whoever knows may say where to.
  for (int i = 0; i < 4; ++i) {
    w.now += 1h;
    if (auto next = w.core.dial_next(w.now))
      CHECK(w.core.dial_failed(*next, w.now, {errc::timeout, ""})
            == errc::none);
  }
  CHECK(w.tell('a', {at('b', "6.6.6.6")}) == 1);
}

TEST_CASE("one peer fills no more than its part of the book, and its network "
          "no more than that of a network") {
  auto options = told_world::roomy();
  options.max_peers = 3200;
  told_world w{options};
  w.come('a', "8.8.8.8");
  uint32_t number = 0;
  auto flood = [&](char who) {
    std::vector<node_address> lies;
    for (int i = 0; i < 2000; ++i)
      lies.push_back(numbered_at(number++));
    return w.tell(who, lies);
  };
  CHECK(flood('a') == 100);
  CHECK(flood('a') == 0);
  // Its neighbours have as much each, until the network has its part.
  size_t all = 100;
  for (auto who : {'b', 'c', 'd', 'e', 'f', 'g'}) {
    w.come(who, fmt::format("8.8.{}.1", int{who}).c_str());
    all += flood(who);
  }
  CHECK(all <= 3200 / 16);
  CHECK(all > 150);
  // Another network finds room.
  w.come('z', "9.9.9.9");
  CHECK(flood('z') > 80);
}

TEST_CASE("an answer of a peer takes what fits, and the book stays below "
          "max_peers") {
  auto options = told_world::roomy();
  options.max_peers = 100;
  told_world w{options};
  uint32_t number = 0;
  for (int i = 0; i < 200; ++i) {
    const char who = static_cast<char>('A' + i % 20);
    if (i < 20)
      w.come(who, fmt::format("{}.8.8.8", i + 20).c_str());
    std::vector<node_address> told;
    for (int j = 0; j < 50; ++j)
      told.push_back(numbered_at(number++));
    w.tell(who, told);
    REQUIRE(w.core.state().peers.ranked() <= 100);
    REQUIRE(w.book().size() <= 100);
  }
  CHECK_FALSE(check_invariants(w.view()).has_value());
}

TEST_CASE("who never answered is forgotten before who failed for an hour") {
  auto options = told_world::roomy();
  options.max_peers = 4;
  options.max_connected = 2;
  told_world w{options};
  w.come('a', "8.8.8.8");
  CHECK(*w.core.add(at('b', "1.1.1.1")));
  w.dial('b');
  CHECK(w.disconnected('b') == errc::none);
  for (int i = 0; i < 6; ++i) {
    w.now += 10min;
    if (auto next = w.core.dial_next(w.now))
      CHECK(w.core.dial_failed(*next, w.now, {errc::timeout, ""})
            == errc::none);
  }
  CHECK(w.about('b').score.total() < 0);
  for (auto first : {'c', 'd', 'e', 'f'})
    (void)w.core.add(at(first, "2.2.2.2"));
  const auto left = w.peers();
  CHECK(left.size() <= 4);
  CHECK(std::count(left.begin(), left.end(), peer('b')) == 1);
}

// -- what we tell -------------------------------------------------------------

TEST_CASE("who asks hears of what means something where it is") {
  told_world w;
  for (const auto& address :
       {at('b', "1.2.3.4"), at('c', "10.9.9.9"), at('d', "127.0.0.1"),
        at('e', "peer.example.org"), at('f', "192.168.1.1")})
    CHECK(*w.core.add(address));
  CHECK(*w.core.add({.protocol = "memory", .id = peer('g')}));
  auto told = [&w](char who) {
    std::string result;
    for (const auto& x : w.core.advertise(peer(who), 100, w.now))
      result += static_cast<char>(x.id.bytes()[0]);
    std::sort(result.begin(), result.end());
    return result;
  };
  CHECK(told('z') == "be"); // Nobody knows where it is.
  w.come('1', "8.8.8.8");
  w.come('2', "10.0.0.1");
  w.come('3', "127.0.0.1");
  w.come('4', "192.168.77.1");
  CHECK(w.core
            .accepted(peer('5'), std::nullopt, w.now,
                      endpoint{.protocol = "memory", .path = "x"})
            .code
        == errc::none);
  CHECK(told('1') == "be");
  CHECK(told('2') == "bce");
  CHECK(told('3') == "bde");
  CHECK(told('4') == "bef");
  CHECK(told('5') == "beg");
}

TEST_CASE("our own address is told where it means something, and first") {
  auto options = told_world::roomy();
  options.self_address = at(world::own, "10.0.0.5");
  told_world w{options};
  w.come('1', "8.8.8.8");
  w.come('2', "10.0.0.1");
  CHECK(w.core.advertise(peer('1'), 10, w.now).empty());
  CHECK(w.core.advertise(peer('2'), 10, w.now)
        == std::vector{at(world::own, "10.0.0.5")});
}

TEST_CASE("others are told where we listen, if they can dial it") {
  told_world w;
  w.come('1', "8.8.8.8");
  w.come('2', "10.0.0.1");
  w.come('3', "127.0.0.1");
  auto tcp = [](const char* ip) {
    return endpoint{
        .protocol = "mconn", .ip = ip_address::parse(ip), .port = 26656};
  };
  w.core.listens_at({tcp("0.0.0.0"),
                     tcp("::"),
                     tcp("127.0.0.1"),
                     tcp("10.0.0.5"),
                     tcp("5.5.5.5"),
                     {.protocol = "memory", .path = "x"}});
  using list = std::vector<node_address>;
  CHECK(w.core.advertise(peer('1'), 9, w.now)
        == list{at(world::own, "5.5.5.5")});
  CHECK(w.core.advertise(peer('2'), 9, w.now)
        == list{at(world::own, "10.0.0.5"), at(world::own, "5.5.5.5")});
  CHECK(w.core.advertise(peer('3'), 9, w.now)
        == list{at(world::own, "127.0.0.1"), at(world::own, "5.5.5.5")});
  // Nobody else is there.
  auto other = at('b', "5.5.5.5");
  CHECK(w.tell('1', {other}) == 0);
}

TEST_CASE("a node learns where it is from peers that have nothing to do with "
          "each other") {
  told_world w;
  w.come('1', "8.8.8.8");
  w.come('2', "8.8.9.9");
  w.come('3', "9.9.9.9");
  w.come('4', "4.4.4.4");
  const auto here = at(world::own, "5.5.5.5");
  for (auto who : {'1', '2', '3'})
    CHECK(w.tell(who, {here}) == 0);
  // Two of them are of one network.
  CHECK(w.core.own_addresses().empty());
  CHECK(w.tell('4', {here, at(world::own, "10.0.0.1")}) == 0);
  CHECK(w.core.own_addresses() == std::vector{here});
  CHECK(w.core.advertise(peer('z'), 10, w.now).front() == here);
  // What is configured is known better.
  auto options = told_world::roomy();
  options.self_address = at(world::own, "6.6.6.6");
  told_world told{options};
  for (auto [who, ip] :
       {std::pair{'1', "8.8.8.8"}, {'2', "9.9.9.9"}, {'3', "4.4.4.4"}}) {
    told.come(who, ip);
    CHECK(told.tell(who, {here}) == 0);
  }
  CHECK(told.core.own_addresses() == std::vector{at(world::own, "6.6.6.6")});
}

TEST_CASE("a gateway says where we are over each protocol, and the "
          "configuration goes before it") {
  auto over = [](std::string protocol, const char* ip) {
    auto result = at(world::own, ip);
    result.protocol = std::move(protocol);
    return result;
  };
  told_world w;
  w.core.found_at(over("mconn", "5.5.5.5"));
  w.core.found_at(over("quic", "5.5.5.5"));
  CHECK(w.core.own_addresses()
        == std::vector{over("mconn", "5.5.5.5"), over("quic", "5.5.5.5")});
  // It has another place for us.
  w.core.found_at(over("mconn", "5.5.5.6"));
  CHECK(w.core.own_addresses()
        == std::vector{over("quic", "5.5.5.5"), over("mconn", "5.5.5.6")});
  auto options = told_world::roomy();
  options.self_address = at(world::own, "6.6.6.6");
  told_world told{options};
  told.core.found_at(over("tcp", "5.5.5.5"));
  told.core.found_at(over("quic", "5.5.5.5"));
  CHECK(told.core.own_addresses()
        == std::vector{over("mconn", "6.6.6.6"), over("quic", "5.5.5.5")});
}

TEST_CASE("a peer that only dialed us is known once it says where it is, and "
          "can be dialed and told of") {
  told_world w;
  w.come('a', "8.8.8.8");
  CHECK(w.about('a').addresses.empty());
  CHECK(w.core.learn({at('a', "8.8.8.8")}, peer('a'), w.now) == 1);
  w.now += 1min;
  CHECK(w.disconnected('a') == errc::none);
  w.come('b', "9.9.9.9");
  CHECK(w.core.advertise(peer('b'), 10, w.now)
        == std::vector{at('a', "8.8.8.8")});
  w.now += 1min;
  CHECK(w.core.dial_next(w.now) == at('a', "8.8.8.8"));
}
