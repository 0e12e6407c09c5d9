// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_score.hpp"

#include <cmath>

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("points halve with every half-life") {
  decaying points{8, time_point{10h}};
  CHECK(points.at(time_point{10h}, 1h) == 8);
  CHECK(points.at(time_point{11h}, 1h) == doctest::Approx(4));
  CHECK(points.at(time_point{13h}, 1h) == doctest::Approx(1));
  CHECK(points.at(time_point{100h}, 1h) == 0);
  // A clock that went back changes nothing.
  CHECK(points.at(time_point{1h}, 1h) == 8);
}

TEST_CASE("points stay within their bounds") {
  score_options options;
  decaying points;
  for (int i = 0; i < 10'000; ++i)
    points.add(5, time_point{1h}, options);
  CHECK(points.at(time_point{1h}, 1h) == 1000);
  for (int i = 0; i < 10'000; ++i)
    points.add(-60, time_point{1h}, options);
  CHECK(points.at(time_point{1h}, 1h) == -1000);
}

TEST_CASE("standings order peers as their scores do, at any time") {
  std::mt19937_64 dice{1};
  auto random_points
      = [&dice] { return static_cast<double>(dice() % 2001) / 10 - 100; };
  for (int i = 0; i < 10'000; ++i) {
    auto a = random_points();
    auto b = random_points();
    auto at = time_point{
        duration{static_cast<int64_t>(dice() % (24h).count()) * 3600}};
    auto bt = time_point{
        duration{static_cast<int64_t>(dice() % (24h).count()) * 3600}};
    // Both as they are when the later one was computed.
    auto later = std::max(at, bt);
    auto half = std::chrono::hours{12};
    auto left = [&](double x, time_point since) {
      return x
             * std::exp2(-std::chrono::duration<double>(later - since)
                         / std::chrono::duration<double>(half));
    };
    auto x = left(a, at);
    auto y = left(b, bt);
    if (std::abs(x - y) < 1e-6)
      continue;
    auto first = standing::of(peer_class::ordinary, a, at, half);
    auto second = standing::of(peer_class::ordinary, b, bt, half);
    CAPTURE(a);
    CAPTURE(b);
    REQUIRE((first < second) == (x < y));
  }
}

TEST_CASE("scores are not cut off at 8 bits") {
  auto of = [](double points) {
    return standing::of(peer_class::ordinary, points, time_point{1h}, 1h);
  };
  CHECK(of(100) > of(-100));
  CHECK(of(0) > of(-100));
  CHECK(of(300) > of(256));
  CHECK(of(300) > of(0));
  CHECK(of(-300) < of(-256));
  CHECK(standing::of(peer_class::persistent, -1000, time_point{1h}, 1h)
        > of(1000));
  CHECK(standing::of(peer_class::unconditional, -1000, time_point{1h}, 1h)
        > standing::of(peer_class::persistent, 1000, time_point{1h}, 1h));
}

TEST_CASE("good and bad events move the score by their points") {
  world w;
  w.know("a");
  w.give('a', 10);
  CHECK(w.behaviour('a') == doctest::Approx(10));
  w.give('a', -3);
  CHECK(w.behaviour('a') == doctest::Approx(7));
  CHECK(w.report('a', peer_behaviour::bad_message) == errc::none);
  CHECK(w.behaviour('a') == doctest::Approx(-13));
}

TEST_CASE("every report is an update") {
  world w;
  w.know("a");
  CHECK(w.report('a', peer_behaviour::useful_block) == errc::none);
  CHECK(w.report('a', peer_behaviour::timeout) == errc::none);
  auto updates = w.core.take_updates();
  REQUIRE(updates.size() == 2);
  CHECK(updates[0].status == peer_status::good);
  CHECK(updates[0].score_milli == 5000);
  CHECK(updates[1].status == peer_status::bad);
  CHECK(updates[1].score_milli == 0);
}

TEST_CASE("failed dials and short connections cost points that fade") {
  auto options = world::plain();
  options.retry.min_retry_time = 1ms;
  world w{options};
  w.know("a");
  for (int i = 0; i < 3; ++i) {
    CHECK(w.dial_next() == 'a');
    CHECK(w.fail('a') == errc::none);
    w.now += 10ms;
  }
  CHECK(w.about('a').score.failures == doctest::Approx(-3).epsilon(0.01));
  w.now += 1h;
  CHECK(w.about('a').score.failures == doctest::Approx(-1.5).epsilon(0.01));
  for (int i = 0; i < 2; ++i) {
    CHECK(w.accepted('a').code == errc::none);
    CHECK(w.disconnected('a') == errc::none);
  }
  CHECK(w.about('a').score.failures == 0);
  CHECK(w.about('a').score.short_connections == doctest::Approx(-2));
}

TEST_CASE("no behaviour makes an ordinary peer a "
          "persistent one") {
  auto options = world::plain();
  options.persistent_peers = {address('p')};
  options.unconditional_peers = {peer('u')};
  world w{options};
  w.know("au");
  for (int i = 0; i < 40'000; ++i)
    CHECK(w.report('a', peer_behaviour::useful_block) == errc::none);
  CHECK(w.behaviour('a') == 1000);
  for (auto first : {'p', 'u'})
    for (int i = 0; i < 1000; ++i)
      CHECK(w.report(first, peer_behaviour::spam) == errc::none);
  CHECK(w.about('a').score.total() < w.about('p').score.total());
  CHECK(w.about('p').score.total() < w.about('u').score.total());
  CHECK(w.dial_all() == "upa");
}

TEST_CASE("a persistent peer that fails falls behind other persistent "
          "peers, and never behind ordinary ones") {
  auto options = world::plain();
  options.persistent_peers = {address('p'), address('q')};
  world w{options};
  w.know("a");
  CHECK(w.dial_next() == 'p');
  CHECK(w.fail('p') == errc::none);
  w.now += 1min;
  CHECK(w.dial_all() == "qpa");
}

TEST_CASE("a report about a stranger makes no record") {
  world w;
  CHECK(w.report('a', peer_behaviour::useful_block) == errc::unknown_peer);
  CHECK(w.size() == 0);
  CHECK(w.updates().empty());
  w.know("a");
  CHECK(w.accepted('a').code == errc::none);
}

TEST_CASE("failures change the rank at once") {
  auto options = world::plain();
  options.retry.min_retry_time = 1ms;
  world w{options};
  w.know('a', 2);
  w.know('b', 1);
  CHECK(w.core.list(1, w.now).front().peer == peer('a'));
  for (int i = 0; i < 3; ++i) {
    CHECK(w.core.dial_now({.id = peer('a')}, w.now) == errc::none);
    CHECK(w.dial_next() == 'a');
    CHECK(w.fail('a') == errc::none);
  }
  CHECK(w.core.list(1, w.now).front().peer == peer('b'));
}

TEST_CASE("equal scores have a fixed order") {
  world w{world::plain()};
  world same{world::plain()};
  w.know("cab");
  same.know("abc");
  CHECK(w.dial_all() == same.dial_all());
}

TEST_CASE("an ID gives nobody an advantage over equals") {
  std::set<char> dialed_first;
  std::set<char> kept;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    auto options = world::limited(1);
    world w{options, seed};
    w.know("abcd");
    const auto first = w.dial_next();
    dialed_first.insert(first);
    options.max_peers = 1;
    world small{options, seed};
    for (char each : {'a', 'b', 'c', 'd', 'a', 'b'})
      CHECK(small.core.add(address(each)));
    REQUIRE(small.core.list(10, small.now).size() == 1);
    // Whoever is forgotten and comes back has drawn no second lot.
    const auto best = small.dial_next();
    CHECK(best == first);
    kept.insert(best);
  }
  CHECK(dialed_first.size() == 4);
  CHECK(kept.size() == 4);
}

TEST_CASE("an address remembers its last success and failure") {
  world w{world::plain()};
  w.know("a");
  auto last = [&w] {
    auto stored = w.core.take_changes(w.now, wall_time{1000h}).put;
    REQUIRE(stored.size() == 1);
    return stored[0].addresses[0];
  };
  auto fresh = last();
  CHECK_FALSE(fresh.last_success.has_value());
  CHECK_FALSE(fresh.last_failure.has_value());
  CHECK(w.dial_next() == 'a');
  CHECK(w.fail('a') == errc::none);
  CHECK(last().last_failure == wall_time{1000h});
  w.now += 1min;
  CHECK(w.dial_next() == 'a');
  CHECK(w.dialed('a').code == errc::none);
  CHECK(last().last_success == wall_time{1000h});
}

TEST_CASE("options of the score make sense") {
  CHECK(validate(score_options{}).code == errc::none);
  CHECK(validate({.half_life = 0s}).context
        == "score.half_life: expected more than 0");
  CHECK(validate({.bound = 0}).code == errc::invalid_option);
  CHECK(validate({.bound = 1e9}).code == errc::invalid_option);
  CHECK(validate({.ban_at = 0}).code == errc::invalid_option);
  CHECK(validate({.ban_at = -2000}).code == errc::invalid_option);
  CHECK(validate({.max_penalties = 101}).code == errc::invalid_option);
}

TEST_CASE("every behaviour has a name and points") {
  for (size_t i = 0; i < peer_behaviour_count; ++i) {
    auto what = static_cast<peer_behaviour>(i);
    CHECK(to_string(what) != "unknown");
    CHECK(points_of(what) != 0);
    CHECK((!is_fatal(what) || points_of(what) < 0));
  }
}
