// SPDX-License-Identifier: Apache-2.0

// What a seed does with those who come, and whom it goes to.

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <caf/exit_reason.hpp>

#include "pex_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A seed that knows ten peers, one of them unconditional, and dials nobody
/// twice within minutes.
struct seed_world : pex_world {
  seed_world()
    : pex_world({.seed_mode = true}, [](node_options& options) {
        options.unconditional_peers = {to_string(world::id(50))};
        options.disconnect_cooldown = 2min;
      }) {}

  void know_some() {
    for (uint8_t number = 100; number < 110; ++number)
      home.add_peer({.protocol = "mconn",
                     .id = id(number),
                     .hostname = "11.1.1." + std::to_string(number),
                     .port = 26656});
    settle();
  }
};

} // namespace

TEST_CASE("a stranger who asks a seed gets addresses, and the connection ends "
          "behind them") {
  seed_world w;
  w.know_some();
  auto peer = w.visit(2);
  w.heard(peer);
  w.ask(peer);
  w.advance(1s);
  auto told = w.heard(peer);
  REQUIRE(told.size() == 1);
  CHECK(told[0].pex_response().addresses_size() >= 10);
  CHECK(peer->reason() == errc::hung_up);
}

TEST_CASE("a stranger who asks a seed again and again is served once") {
  seed_world w;
  w.know_some();
  auto peer = w.visit(2);
  w.heard(peer);
  // It does not read, so that the answer stays on its way.
  for (int i = 0; i < 3; ++i)
    peer->send(
        pex_channel,
        from_text(make_pex_request(pex_dialect::legacy).SerializeAsString()));
  w.advance(1s);
  CHECK(w.letters(peer).starts_with("a"));
  CHECK(peer->reason() == errc::hung_up);
}

TEST_CASE("a stranger who never asks a seed has to go after seconds, and loses "
          "nothing by it") {
  seed_world w;
  auto peer = w.visit(2);
  auto mute = w.join(w.home, 3, {pex_channel});
  w.advance(19s);
  CHECK_FALSE(peer->closed);
  w.advance(2s);
  CHECK(peer->reason() == errc::hung_up);
  CHECK(mute->reason() == errc::hung_up);
  // It may come again.
  auto again = w.visit(2);
  w.heard(again);
  w.ask(again);
  CHECK(w.letters(again) == "a");
}

TEST_CASE("a seed keeps those whom its operator named") {
  seed_world w;
  auto friendly = w.visit(50);
  w.heard(friendly);
  w.ask(friendly);
  CHECK(w.letters(friendly) == "a");
  w.advance(10min);
  CHECK_FALSE(friendly->closed);
}

TEST_CASE(
    "a seed dials whom it knows, asks and hangs up, and comes back later") {
  seed_world w;
  auto there = w.host(2);
  auto peer = w.welcome(there, 2, "0.35.9");
  REQUIRE(w.letters(peer) == "Q");
  w.tell(peer, {w.address_of(100), w.address_of(101)});
  CHECK(w.knows(w.id(100)));
  w.advance(1s);
  CHECK(peer->reason() == errc::hung_up);
  CHECK(there->attempts == 1);
  w.advance(110s);
  CHECK(there->attempts == 1);
  w.advance(15s);
  CHECK(there->attempts == 2);
}

TEST_CASE("a peer that the seed dialed and that does not answer has to go, "
          "too") {
  seed_world w;
  auto there = w.host(2);
  auto peer = w.welcome(there, 2);
  REQUIRE(w.letters(peer) == "q");
  w.advance(22s);
  CHECK(peer->closed);
}

TEST_CASE("a peer that hangs up while the seed does is no problem") {
  seed_world w;
  auto peer = w.visit(2);
  peer->reads = false;
  w.ask(peer);
  peer->hang_up();
  w.advance(1min);
  CHECK(w.running("troupe.pex") == 1);
}

TEST_CASE(
    "a seed lives for seven days, and keeps nothing of those who came and "
    "went") {
  constexpr size_t peers_max = 200;
  pex_world w{{.seed_mode = true}, [](node_options& options) {
                options.disconnect_cooldown = 2h;
                // We look after those whom it dials once every visit.
                options.handshake_timeout = 1h;
                options.max_peers = peers_max;
                options.max_connected = 20;
              }};
  std::vector<decoy_ptr> hosts;
  for (uint8_t number = 2; number < 6; ++number)
    hosts.push_back(w.host(number));
  uint64_t strangers = 0;
  size_t served = 0;
  size_t crawled = 0;
  std::vector<size_t> remains;
  // What is left in memory of connections and all the rest of a node. Remotes
  // stay with the world to its end.
  auto left = [&w] {
    const auto all = w.remains();
    return static_cast<size_t>(std::ranges::count_if(
        all, [](const auto& name) { return name.starts_with("troupe."); }));
  };
  for (int day = 0; day < 7; ++day) {
    for (int hour = 0; hour < 24; ++hour) {
      // Somebody whom nobody has seen before asks, or does not.
      std::array<std::byte, node_id::size> raw{};
      std::memcpy(raw.data(), &++strangers, sizeof strangers);
      const auto who = node_id{raw};
      auto about = w.info(1, {pex_channel});
      about.node_id = to_string(who);
      auto stranger = w.knock(w.home, who);
      stranger->greet(who, about);
      w.settle();
      w.heard(stranger);
      if (hour % 4 != 0)
        w.ask(stranger);
      served += w.letters(stranger).find('a') != std::string::npos;
      w.advance(30s);
      REQUIRE(stranger->closed);
      end_actor(caf::actor_cast<caf::actor>(stranger->address),
                caf::exit_reason::user_shutdown);
      // Those whom it goes to answer.
      for (uint8_t i = 0; i < hosts.size(); ++i)
        for (const auto& peer : std::exchange(hosts[i]->dials, {}))
          if (!peer->closed) {
            auto their = w.info(static_cast<uint8_t>(2 + i), {pex_channel});
            peer->greet(w.id(static_cast<uint8_t>(2 + i)), their);
            w.settle();
            crawled += !w.heard(peer).empty();
            w.tell(peer, {});
            w.advance(10s);
            CHECK(peer->closed);
            end_actor(caf::actor_cast<caf::actor>(peer->address),
                      caf::exit_reason::user_shutdown);
          }
      w.advance(1h - 30s);
    }
    remains.push_back(left());
  }
  CHECK(served == 7 * 18);
  CHECK(crawled > 7 * 8);
  CHECK(w.known().size() <= peers_max);
  CHECK(remains.back() <= remains.front() + 2);
}
