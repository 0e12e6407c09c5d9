// SPDX-License-Identifier: Apache-2.0

// What becomes of peers that do not keep to the rules.

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "toy_network.hpp"
#include "troupe/samples/gossip/plumtree.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;
using namespace troupe::plumtree_wire;

namespace {

template <class F>
void for_seeds(uint64_t count, F play) {
  for (uint64_t seed = 1; seed <= count; ++seed) {
    CAPTURE(seed);
    play(seed);
  }
}

/// Two nodes of which the second one is in the hands of the test.
struct faced_node : toy_network {
  explicit faced_node(const gossip_options& options = {})
    : toy_network(1, 3, options) {
    for (size_t peer : {1, 2}) {
      connect(0, peer);
      lets_through = [](size_t, size_t, const auto&) { return false; };
    }
    advance(100ms);
    for (size_t peer : {1, 2}) {
      Subscriptions topics;
      topics.add_topics("news");
      inject(peer, 0, topics);
    }
    sent.clear();
  }

  void say(size_t peer, const std::string& content,
           const std::string& topic = "news") {
    Payload what;
    what.set_topic(topic);
    what.set_content(content);
    what.set_origin(7);
    inject(peer, 0, what);
  }

  void announce(size_t peer, const std::string& ids) {
    Announcement what;
    what.set_topic("news");
    what.set_ids(ids);
    inject(peer, 0, what);
  }

  void graft(size_t peer, const gossip_id& id) {
    Graft what;
    what.set_topic("news");
    what.set_ids(std::string{id.bytes()});
    inject(peer, 0, what);
  }

  size_t count(const std::string& kind) {
    return sent[kind].first;
  }
};

std::string made_up_id(size_t number) {
  return std::string{gossip_id::of("nowhere", fmt::to_string(number)).bytes()};
}

} // namespace

TEST_CASE("whoever sends what is rejected is to blame, before the verdict and "
          "after it") {
  faced_node net;
  net.verdict = [](size_t, const auto&) { return gossip_verdict::reject; };
  net.say(1, "false");
  CHECK(net.blamed == std::set<std::pair<size_t, size_t>>{{1, 0}});
  net.say(2, "false");
  CHECK(net.blamed.size() == 2);
  CHECK(net.got(0, gossip_id::of("news", "false")) == 1);
}

TEST_CASE("a verdict that comes too late or for nothing does nothing") {
  faced_node net;
  net[0].judge(gossip_id::of("news", "unknown"), gossip_verdict::reject,
               net.now);
  net.say(1, "known");
  net[0].judge(gossip_id::of("news", "known"), gossip_verdict::reject, net.now);
  net.perform(0);
  CHECK(net.blamed.empty());
}

TEST_CASE("what comes again while its verdict is open counts once") {
  gossip_options options{.topics = {"news"},
                         .content_max = 100,
                         .seen_max = 1,
                         .verdict_bytes_max = 200};
  const auto peer = toy_network::id_of(1);
  const auto now = time_point{} + 1h;
  sim_random random{1};
  plumtree uut{options, 1, random, now};
  uut.up(peer, now);
  Payload what;
  what.set_topic("news");
  for (char round = 'a'; round < 'z'; ++round) {
    const std::string one(60, round);
    const std::string two(61, round);
    // Each makes the cache forget the other one.
    for (const auto& content : {one, two, one, two}) {
      what.set_content(content);
      uut.received(peer, what, now);
    }
    for (const auto& content : {one, two})
      uut.judge(gossip_id::of("news", content), gossip_verdict::accept, now);
  }
  CHECK(uut.counts().delivered == 50);
  CHECK(uut.counts().refused == 0);
  CHECK(uut.counts().duplicates == 50);
}

TEST_CASE("whoever is to blame hears nothing more, whatever changes here") {
  faced_node net;
  net.announce(1, "short");
  net.sent.clear();
  CHECK(net[0].subscribe("more", net.now).code == errc::none);
  net[0].unsubscribe("news", net.now);
  net.perform(0);
  // Of two peers, one.
  CHECK(net.count("Subscriptions") == 2);
}

TEST_CASE("who announces what it does not have is to blame after some time") {
  faced_node net;
  std::string lies;
  for (size_t i = 0; i < 100; ++i)
    lies += made_up_id(i);
  net.announce(1, lies);
  net.announce(2, made_up_id(1000));
  CHECK(net[0].wanted().size() == 101);
  net.advance(30s);
  CHECK(net.blamed == std::set<std::pair<size_t, size_t>>{{1, 0}});
  CHECK(net[0].counts().broken_promises > 32);
  CHECK(net[0].wanted().size() < 101);
  net.disconnect(0, 1);
  net.advance(3s);
  CHECK(net[0].wanted().size() == 0);
}

TEST_CASE("what breaks a rule of the wire is to blame at once") {
  faced_node net;
  SUBCASE("an ID that is none") {
    net.announce(1, "short");
  }
  SUBCASE("a message without a topic") {
    net.say(1, "content", "");
  }
  SUBCASE("a message that is too large") {
    net.say(1, std::string(256 * 1024 + 1, 'x'));
  }
  SUBCASE("a topic that is too long") {
    Subscriptions what;
    what.add_topics(std::string(129, 'x'));
    net.inject(1, 0, what);
  }
  SUBCASE("too many topics") {
    Subscriptions what;
    for (int i = 0; i < 65; ++i)
      what.add_topics(fmt::to_string(i));
    net.inject(1, 0, what);
  }
  CHECK(net.blamed == std::set<std::pair<size_t, size_t>>{{1, 0}});
  // Nothing is read of it any more.
  const auto before = net[0].counts().delivered;
  net.say(1, "something else");
  CHECK(net[0].counts().delivered == before);
}

TEST_CASE("who floods loses messages first, and then its connection") {
  gossip_options options;
  options.quota.messages = {10, 100};
  faced_node net{options};
  for (int i = 0; i < 150; ++i)
    net.say(1, fmt::to_string(i));
  CHECK(net[0].counts().delivered < 101);
  CHECK(net[0].counts().shed > 0);
  CHECK(net.blamed.empty());
  for (int i = 150; i < 300; ++i)
    net.say(1, fmt::to_string(i));
  CHECK(net.blamed == std::set<std::pair<size_t, size_t>>{{1, 0}});
  // Another one is not held to account for that.
  net.say(2, "quiet");
  CHECK(net.got(0, gossip_id::of("news", "quiet")) == 1);
}

TEST_CASE("bytes, IDs and changes of topics have quotas, too") {
  gossip_options options;
  options.content_max = 1000;
  options.quota.bytes = {1000, 10'000};
  options.quota.ids = {10, 1000};
  faced_node net{options};
  SUBCASE("bytes") {
    for (int i = 0; i < 30; ++i)
      net.say(1, std::string(900, 'x') + fmt::to_string(i));
  }
  SUBCASE("IDs") {
    for (size_t i = 0; i < 30; ++i) {
      std::string ids;
      for (size_t k = 0; k < 100; ++k)
        ids += made_up_id(i * 100 + k);
      net.announce(1, ids);
    }
  }
  SUBCASE("changes of topics") {
    for (int i = 0; i < 100; ++i) {
      Subscriptions what;
      if (i % 2 == 0)
        what.add_topics("news");
      net.inject(1, 0, what);
    }
  }
  CHECK(net.blamed == std::set<std::pair<size_t, size_t>>{{1, 0}});
}

TEST_CASE("what a node has asked for is no flood") {
  gossip_options options;
  options.content_max = 1000;
  options.quota.bytes = {1, 1000};
  faced_node net{options};
  std::string ids;
  for (size_t i = 0; i < 100; ++i)
    ids += gossip_id::of("news", std::string(900, 'x') + fmt::to_string(i))
               .bytes();
  net.announce(1, ids.substr(0, 20 * 16));
  net.advance(400ms);
  CHECK(net.count("Graft") == 1);
  for (size_t i = 0; i < 16; ++i)
    net.say(1, std::string(900, 'x') + fmt::to_string(i));
  CHECK(net[0].counts().delivered == 16);
  CHECK(net.blamed.empty());
}

TEST_CASE("nobody makes a node send the same message more than twice") {
  faced_node net;
  net.say(1, "large");
  const auto id = gossip_id::of("news", "large");
  net.sent.clear();
  for (int i = 0; i < 10; ++i)
    net.graft(2, id);
  // It was passed on once already.
  CHECK(net.count("Payload") == 1);
}

TEST_CASE("a payload that finds its queue full is announced") {
  faced_node net;
  const auto id = net.publish(0, "much");
  CHECK(net.count("Payload") == 2);
  net[0].not_sent(net.id_of(1), id, net.now);
  net.advance(200ms);
  CHECK(net.count("Announcement") == 1);
  net.graft(1, id);
  CHECK(net.count("Payload") == 3);
}

TEST_CASE("messages from who is not there are not read, but its topics count "
          "when it comes") {
  toy_network net{1, 2};
  Payload what;
  what.set_topic("news");
  net.inject(1, 0, what);
  Subscriptions topics;
  topics.add_topics("news");
  net.inject(1, 0, topics);
  CHECK(net[0].counts().delivered == 0);
  net[0].up(net.id_of(1), net.now);
  CHECK(net[0].eager_links("news", 1) == 1);
}

TEST_CASE("whatever peers send, what a node remembers keeps its bounds") {
  for_seeds(4, [](uint64_t seed) {
    gossip_options options;
    options.seen_max = 200;
    options.keep_bytes_max = 10'000;
    options.content_max = 1000;
    options.wanted_max = 300;
    options.wanted_per_peer_max = 100;
    options.topics = {"a", "b"};
    options.quota
        = {{1e9, 1e9}, {1e9, 1e9}, {1e9, 1e9}, {1e9, 1e9}, {1e9, 1e9}};
    toy_network net{seed, 9, options};
    net.lets_through = [](size_t, size_t, const auto&) { return false; };
    for (size_t peer = 1; peer < 9; ++peer)
      net.connect(0, peer);
    auto topic = [&] { return net.random.chance(500) ? "a" : "b"; };
    auto ids = [&] {
      std::string result;
      for (size_t i = 0; i < net.random.below(50); ++i)
        result += net.random.chance(300)
                      ? made_up_id(net.random.below(5000))
                      : std::string{
                          gossip_id::of("a",
                                        fmt::to_string(net.random.below(2000)))
                              .bytes()};
      return result;
    };
    for (int i = 0; i < 3000; ++i) {
      const auto peer = 1 + net.random.below(8);
      switch (net.random.below(7)) {
        case 0: {
          Subscriptions what;
          if (net.random.chance(700))
            what.add_topics("a");
          if (net.random.chance(700))
            what.add_topics("b");
          net.inject(peer, 0, what);
          break;
        }
        case 1:
        case 2: {
          Payload what;
          what.set_topic(topic());
          what.set_content(fmt::to_string(net.random.below(2000)));
          if (net.random.chance(200))
            what.set_content(std::string(net.random.below(1000), 'x'));
          what.set_origin(net.random.below(100));
          net.inject(peer, 0, what);
          break;
        }
        case 3: {
          Announcement what;
          what.set_topic(topic());
          what.set_ids(ids());
          net.inject(peer, 0, what);
          break;
        }
        case 4: {
          Graft what;
          what.set_topic(topic());
          what.set_ids(ids());
          net.inject(peer, 0, what);
          break;
        }
        case 5: {
          Prune what;
          what.set_topic(topic());
          what.set_origin(net.random.below(100));
          net.inject(peer, 0, what);
          break;
        }
        default:
          if (net.random.chance(100)) {
            net.disconnect(0, peer);
            net.connect(0, peer);
          }
          net.advance(net.random.between(0ms, 300ms));
      }
      REQUIRE(net[0].cache().size() <= 200);
      REQUIRE(net[0].cache().kept_bytes() <= 10'000);
      REQUIRE(net[0].wanted().size() <= 300);
    }
    // And when all is over, nothing is wanted any more.
    for (size_t peer = 1; peer < 9; ++peer)
      net.disconnect(0, peer);
    net.advance(1s);
    CHECK(net[0].wanted().size() == 0);
    net.advance(10min);
    CHECK(net[0].cache().kept_bytes() == 0);
  });
}
