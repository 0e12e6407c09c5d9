// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/pex.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "pex_world.hpp"
#include "troupe/actors/channel/ask_table.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Addresses that lead nowhere, all different.
std::vector<node_address> made_up(size_t count, uint64_t& number) {
  std::vector<node_address> result;
  for (size_t i = 0; i < count; ++i) {
    const auto ip = ip_address::v4(11, static_cast<uint8_t>(number >> 16),
                                   static_cast<uint8_t>(number >> 8),
                                   static_cast<uint8_t>(number));
    std::array<std::byte, node_id::size> raw{};
    std::memcpy(raw.data(), &++number, sizeof number);
    result.push_back({.protocol = "mconn",
                      .id = node_id{raw},
                      .hostname = to_string(ip),
                      .port = 26656});
  }
  return result;
}

} // namespace

// -- asking -------------------------------------------------------------------

TEST_CASE(
    "a silent peer is asked within seconds, and its own request answered") {
  pex_world w;
  auto peer = w.visit(2);
  w.advance(1s);
  CHECK(w.letters(peer) == "q");
  w.ask(peer);
  CHECK(w.letters(peer) == "a");
  CHECK_FALSE(peer->closed);
}

TEST_CASE("a peer that we dial is asked at once") {
  pex_world w;
  auto there = w.host(2);
  auto peer = w.welcome(there, 2);
  CHECK(w.letters(peer) == "q");
}

TEST_CASE("URLs go to Tendermint 0.35, to nodes of ours, and to who uses them "
          "first") {
  pex_world w;
  std::string version;
  std::string question;
  SUBCASE("CometBFT") {
    version = "1.0.1";
    question = "q";
  }
  SUBCASE("Tendermint 0.34") {
    version = "0.34.24";
    question = "q";
  }
  SUBCASE("Tendermint 0.35") {
    version = "0.35.9";
    question = "Q";
  }
  SUBCASE("ours") {
    version = w.options(2).version;
    question = "Q";
  }
  auto peer = w.visit(2, version);
  CHECK(w.letters(peer) == question);
  w.tell(peer, {}, question == "q" ? pex_dialect::legacy : pex_dialect::urls);
  // An answer is in the dialect of the question.
  w.ask(peer, pex_dialect::legacy);
  CHECK(w.letters(peer) == "a");
  w.ask(peer, pex_dialect::urls);
  CHECK(w.letters(peer) == "A");
  w.advance(11s);
  CHECK(w.letters(peer) == "Q");
  CHECK_FALSE(peer->closed);
}

TEST_CASE("no peer is asked more often than CometBFT allows, nor before it has "
          "answered") {
  pex_world w;
  auto peer = w.visit(2, "0.35.9");
  size_t questions = 0;
  for (int second = 0; second < 600; ++second) {
    if (auto count = w.letters(peer).size(); count > 0) {
      CHECK(count == 1);
      ++questions;
      // It has news all the time, so that there is reason to ask.
      w.advance(5s);
      CHECK(w.letters(peer).empty());
      w.tell(peer, {w.address_of(static_cast<uint8_t>(10 + questions))},
             pex_dialect::urls);
      w.advance(9900ms);
      CHECK(w.letters(peer).empty());
    }
    w.advance(1s);
  }
  CHECK(questions > 30);
  CHECK_FALSE(peer->closed);
}

TEST_CASE("a peer that never answers loses points, keeps its connection and is "
          "asked again") {
  pex_world w;
  auto peer = w.visit(2);
  CHECK(w.letters(peer) == "q");
  w.advance(21s);
  const auto all = w.known();
  REQUIRE(all.size() == 1);
  CHECK(all[0].score.behaviour == doctest::Approx(-5).epsilon(0.01));
  // Other peers are asked meanwhile.
  auto other = w.visit(3);
  w.advance(1s);
  CHECK(w.letters(other) == "q");
  w.tell(other, {}, pex_dialect::legacy);
  w.advance(3min);
  CHECK(w.letters(peer) == "q");
  CHECK_FALSE(peer->closed);
}

TEST_CASE("an answer that comes late is no offence") {
  pex_world w;
  auto peer = w.visit(2);
  CHECK(w.letters(peer) == "q");
  w.advance(25s);
  w.tell(peer, {}, pex_dialect::legacy);
  CHECK_FALSE(peer->closed);
}

// -- answers ------------------------------------------------------------------

TEST_CASE("what a peer tells is learned, all but what cannot be read") {
  pex_world w;
  auto peer = w.visit(2, "0.35.9");
  REQUIRE(w.letters(peer) == "Q");
  p2p::PexMessage list;
  auto add = [&](std::string url) {
    list.mutable_pex_response_v2()->add_addresses()->set_url(std::move(url));
  };
  add(w.address(10));
  add("rubbish");
  add(to_string(w.id(11)) + "@11.2.3.4:26656");
  add("mconn://" + to_string(w.id(12)) + "@[11.2.3.4:1");
  w.say(peer, list);
  CHECK(w.knows(w.id(10)));
  CHECK(w.knows(w.id(11)));
  CHECK_FALSE(w.knows(w.id(12)));
  REQUIRE(w.news.size() == 1);
  CHECK(w.news[0].from == w.id(2));
  CHECK(w.news[0].told == 2);
  CHECK(w.news[0].fresh == 2);
  CHECK(w.news[0].skipped == 2);
  CHECK_FALSE(peer->closed);
}

TEST_CASE("what a peer tells before it hangs up is learned, in whatever order "
          "actors run") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    pex_world w{{}, {}, seed};
    auto peer = w.welcome(w.host(2), 2, "0.35.9");
    REQUIRE(w.letters(peer) == "Q");
    const auto list = std::vector{w.address_of(10)};
    const auto answer = make_pex_response(pex_dialect::urls, list);
    peer->send(pex_channel, from_text(answer.SerializeAsString()));
    peer->hang_up();
    w.settle();
    REQUIRE(w.news.size() == 1);
    CHECK(w.news.front().fresh == 1);
  }
}

TEST_CASE("our own address, duplicates and blocked peers are not learned") {
  pex_world w{{}, [](node_options& options) {
                options.blocked_peers = {to_string(world::id(9))};
              }};
  auto peer = w.visit(2, "0.35.9");
  REQUIRE(w.letters(peer) == "Q");
  auto twice = w.address_of(10);
  w.tell(peer, {w.address_of(1), twice, twice, w.address_of(9)});
  REQUIRE(w.news.size() == 1);
  CHECK(w.news[0].told == 4);
  CHECK(w.news[0].fresh == 1);
  CHECK_FALSE(w.knows(w.id(1)));
  CHECK_FALSE(w.knows(w.id(9)));
  CHECK(w.knows(w.id(10)));
}

TEST_CASE("a list of 250 is fine, and one of 251 costs its sender the "
          "connection") {
  for (size_t size : {250, 251}) {
    CAPTURE(size);
    pex_world w;
    auto peer = w.visit(2);
    REQUIRE(w.letters(peer) == "q");
    p2p::PexMessage list;
    for (size_t i = 0; i < size; ++i) {
      auto* entry = list.mutable_pex_response()->add_addresses();
      entry->set_id(to_string(w.id(static_cast<uint8_t>(10 + i % 200))));
      entry->set_ip("11.1.1.1");
      entry->set_port(26656);
    }
    w.say(peer, list);
    CHECK(peer->closed.has_value() == (size > 250));
    CHECK(w.knows(w.id(10)) == (size == 250));
  }
}

TEST_CASE("a list that breaks the protocol costs its sender the connection") {
  pex_world w;
  auto peer = w.visit(2);
  REQUIRE(w.letters(peer) == "q");
  p2p::PexMessage list;
  auto* entry = list.mutable_pex_response()->add_addresses();
  entry->set_id(to_string(w.id(10)));
  SUBCASE("with a host name") {
    entry->set_ip("node.example");
    entry->set_port(1);
  }
  SUBCASE("with a port that is none") {
    entry->set_ip("11.1.1.1");
    entry->set_port(65536);
  }
  w.say(peer, list);
  CHECK(peer->closed);
  CHECK(w.news.empty());
}

TEST_CASE("a list that nobody asked for is thrown away, and blamed once it "
          "cannot be owed any more") {
  pex_world w;
  auto lost = [&w](std::string_view why) {
    return w.dropped(pex_channel, direction::inbound, why);
  };
  auto peer = w.visit(2, "0.35.9");
  REQUIRE(w.letters(peer) == "Q");
  w.tell(peer, {w.address_of(10)});
  CHECK(lost("unasked_answer") == 0);
  // We may have asked before we started again.
  for (int i = 1; i <= 100; ++i) {
    w.tell(peer, {w.address_of(11)});
    CHECK(lost("unasked_answer") == i);
  }
  w.tell(peer, {}, pex_dialect::legacy);
  CHECK(lost("unasked_answer") == 101);
  CHECK_FALSE(peer->closed);
  w.advance(unasked_grace);
  // A question that was given up may still be answered, once.
  auto slow = w.visit(3, "0.35.9");
  w.advance(1s);
  REQUIRE(w.letters(slow) == "Q");
  w.advance(25s);
  w.tell(slow, {w.address_of(11)});
  CHECK(lost("late_answer") == 1);
  CHECK_FALSE(slow->closed);
  auto other = w.visit(4, "0.35.9");
  for (const auto& liar : {slow, other}) {
    w.heard(liar);
    w.tell(liar, {w.address_of(11)},
           liar == slow ? pex_dialect::urls : pex_dialect::legacy);
    CHECK(liar->reason() == errc::unexpected_message);
  }
  CHECK(w.news.size() == 1);
  CHECK_FALSE(w.knows(w.id(11)));
}

TEST_CASE("a list that answers on the connection behind the one on which we "
          "asked is no offence") {
  pex_world w;
  w.advance(unasked_grace);
  auto peer = w.visit(2, "0.35.9");
  REQUIRE(w.letters(peer) == "Q");
  peer->hang_up();
  w.settle();
  auto again = w.visit(2, "0.35.9");
  REQUIRE(w.letters(again).empty());
  w.tell(again, {w.address_of(11)});
  CHECK(w.dropped(pex_channel, direction::inbound, "late_answer") == 1);
  CHECK_FALSE(again->closed);
}

TEST_CASE("garbage costs its sender the connection") {
  pex_world w;
  auto peer = w.visit(2);
  std::string rubbish;
  SUBCASE("no message") {
    rubbish = "\xff\xff\xff";
  }
  SUBCASE("a message without content") {
    rubbish = "";
  }
  SUBCASE("an unknown member") {
    rubbish = std::string("\x2a\x00", 2);
  }
  SUBCASE("more bytes than a list can have") {
    rubbish = std::string(64'001, '\0');
  }
  peer->send(pex_channel, from_text(rubbish));
  w.settle();
  CHECK(peer->closed);
}

// -- requests of others -------------------------------------------------------

TEST_CASE(
    "requests that come early get an empty list, and nobody is punished") {
  pex_world w;
  w.home.add_peer({.protocol = "mconn",
                   .id = w.id(100),
                   .hostname = "11.1.1.1",
                   .port = 26656});
  auto peer = w.visit(2);
  w.heard(peer);
  size_t answers = 0;
  size_t full = 0;
  for (int i = 0; i < 100; ++i) {
    w.ask(peer);
    for (const auto& message : w.heard(peer)) {
      answers += message.has_pex_response() || message.has_pex_response_v2();
      full += message.pex_response().addresses_size() > 0;
    }
    w.advance(100ms);
  }
  CHECK(full >= 8);
  CHECK(full < 20);
  CHECK(answers > full);
  CHECK_FALSE(peer->closed);
}

TEST_CASE("who asks again with every answer is slowed down, not punished") {
  // As CometBFT 0.40 asks its seeds.
  pex_world w;
  auto peer = w.visit(2);
  w.heard(peer);
  size_t answers = 0;
  w.ask(peer);
  for (int i = 0; i < 3'000; ++i) {
    for (const auto& message : w.heard(peer))
      if (message.has_pex_response()) {
        ++answers;
        w.ask(peer);
      }
    w.advance(20ms);
  }
  CHECK(answers >= 30);
  CHECK(answers <= 80);
  CHECK_FALSE(peer->closed);
}

TEST_CASE("who asks without end loses its connection") {
  pex_world w;
  auto peer = w.visit(2);
  int requests = 0;
  while (!peer->closed && requests < 1000) {
    w.ask(peer);
    ++requests;
  }
  CHECK(peer->closed);
  CHECK(requests > 200);
}

TEST_CASE("we tell a hundred addresses at most, in either dialect") {
  pex_world w;
  std::vector<node_address> all;
  for (uint8_t number = 100; number < 210; ++number)
    all.push_back({.protocol = "mconn",
                   .id = w.id(number),
                   .hostname = "11.1.1." + std::to_string(number),
                   .port = 26656});
  w.ask_with<uint64_t>([&](caf::event_based_actor* self) {
    return w.home.add_peers(self, all, node_id{});
  });
  auto peer = w.visit(2);
  w.heard(peer);
  w.ask(peer, pex_dialect::urls);
  auto urls = w.heard(peer);
  REQUIRE(urls.size() == 1);
  CHECK(urls[0].pex_response_v2().addresses_size() == 100);
  w.ask(peer, pex_dialect::legacy);
  auto legacy = w.heard(peer);
  REQUIRE(legacy.size() == 1);
  // Where we are has no IP address here.
  CHECK(legacy[0].pex_response().addresses_size() == 99);
}

// -- what is known ------------------------------------------------------------

TEST_CASE("a peer that dialed us can be dialed and told about afterwards") {
  pex_world w;
  auto peer = w.visit(2, "0.35.9");
  CHECK(w.knows(w.id(2)));
  auto other = w.visit(3, "0.35.9");
  w.heard(other);
  w.ask(other, pex_dialect::urls);
  auto told = w.heard(other);
  REQUIRE(told.size() == 1);
  const auto list = read_pex(told[0].pex_response_v2());
  REQUIRE(list);
  CHECK(std::ranges::count(list->addresses, w.address_of(2)) == 1);
  // Once it has gone, we dial it.
  auto there = w.stand_in(w.id(2));
  peer->hang_up();
  w.advance(1min);
  CHECK(there->attempts > 0);
}

TEST_CASE("ten minutes of lists of made-up addresses fill what may be filled, "
          "and nothing else") {
  constexpr size_t peers_max = 300;
  pex_world w{{}, [](node_options& options) {
                options.max_connected = 8;
                options.max_connected_upgrade = 0;
                options.max_peers = peers_max;
              }};
  std::vector<puppet_ptr> liars;
  for (uint8_t number = 2; number < 6; ++number)
    liars.push_back(w.visit(number, "0.35.9"));
  uint64_t number = 0;
  size_t lists = 0;
  size_t remains = 0;
  for (int second = 0; second < 600; ++second) {
    if (second % 60 == 0) {
      const auto all = w.known();
      CHECK(all.size() <= peers_max);
      for (const auto& peer : all)
        CHECK(peer.addresses.size() <= 8);
      // Nor is anything left of dials, questions and answers.
      if (second == 120)
        remains = w.remains().size();
      else if (second > 120)
        CHECK(w.remains().size() <= remains + 8);
    }
    for (const auto& liar : liars) {
      for (char letter : w.letters(liar))
        if (letter == 'Q') {
          ++lists;
          w.tell(liar, made_up(100, number));
        }
      w.ask(liar, pex_dialect::urls);
      CHECK_FALSE(liar->closed);
    }
    w.advance(1s);
  }
  CHECK(w.known().size() <= peers_max);
  // It is asked as often as every 10 s in the beginning, and hardly ever once
  // we know enough.
  CHECK(lists >= 4);
  CHECK(lists <= 4 * 60);
}

// -- the reactor --------------------------------------------------------------

TEST_CASE("a reactor with options that make no sense ends with the reason") {
  world w;
  auto home = w.spawn(w.options(1));
  pex_options options;
  options.asking.peer_pause = 0s;
  auto reactor = spawn_pex(w.sys(), home, options);
  auto ended = w.watch_end(reactor);
  w.settle();
  REQUIRE(ended->has_value());
  CHECK(code_of(**ended, errc::none) == errc::invalid_option);
}

TEST_CASE("the channel of peer exchange ends with its reactor, and nothing is "
          "left of it") {
  pex_world w;
  auto peer = w.visit(2);
  w.letters(peer);
  end_actor(w.reactor, caf::make_error(errc::shutting_down));
  w.settle();
  w.advance(1min);
  CHECK(w.running("troupe.pex") == 0);
}
