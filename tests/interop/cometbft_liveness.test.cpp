// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cometbft_world.hpp"
#include "temp_folder.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using json = peer_process::json;

/// Both ping often, and neither lives long without pongs.
constexpr auto our_ping_interval = 200ms;
constexpr auto our_pong_timeout = 1500ms;
const arguments their_keepalive
    = {"-ping-interval", "1s", "-pong-timeout", "900ms"};

node_options keepalive_test_options() {
  auto result = test_options();
  result.stream.keepalive = {our_ping_interval, our_pong_timeout};
  return result;
}

} // namespace

TEST_CASE("an idle connection lives on pings and pongs of both sides") {
  cometbft_world w{their_keepalive, keepalive_test_options()};
  w.connect();
  // More pings than either side would outlive without the pongs.
  const auto seen = w.peer.ask_until("stats", "stats", [](const json& stats) {
    const auto& alive = stats.at("keepalive");
    return alive.at("pings_sent") >= 3 && alive.at("pongs_received") >= 3
           && alive.at("pings_received") >= 10;
  });
  const auto& alive = seen.at("keepalive");
  CHECK(alive.at("pongs_sent") >= 10);
  w.check_alive();
}

TEST_CASE("a CometBFT node that hangs is dropped") {
  cometbft_world w{{}, keepalive_test_options()};
  w.connect();
  w.peer.signal(SIGSTOP);
  const auto down = w.node.wait_down(w.peer.id());
  CHECK(to_string(down.reason) == to_string(errc::peer_silent));
  w.peer.signal(SIGCONT);
  w.peer.wait_down(w.node.id());
}

TEST_CASE("we find our persistent peer again after it was killed") {
  temp_folder folder;
  const auto key = folder / "node_key.json";
  auto peer = std::make_unique<cometbft_peer>(arguments{"-key", key});
  const auto address = peer->address();
  const auto where = peer->endpoint();
  auto options = test_options();
  options.persistent_peers = {address};
  local_node node{options};
  const auto before = node.wait_up(peer->id());
  peer->wait_up(node.id());

  peer->signal(SIGKILL);
  const auto down = node.wait_down(peer->id());
  CHECK(down.generation == before.generation);
  CHECK(peer->wait_for_exit() == 128 + SIGKILL);
  node.wait_event(node_event::kind::dial_failed);
  peer = std::make_unique<cometbft_peer>(
      arguments{"-key", key, "-listen", where});
  REQUIRE(peer->address() == address);

  const auto after = node.wait_up(peer->id());
  CHECK(after.generation > before.generation);
  CHECK(after.way == direction::outbound);
  peer->wait_up(node.id());
  node.ping(peer->id(), 0x70, 1024, 10);
  peer->ping(node.id(), "70", 1024, 10);
}

TEST_CASE("a CometBFT node whose persistent peer we are is welcome again "
          "after it was killed") {
  temp_folder folder;
  const auto key = folder / "node_key.json";
  local_node node;
  const arguments with_us = {"-key", key, "-persistent", node.address()};
  auto peer = std::make_unique<cometbft_peer>(with_us);
  const auto before = node.wait_up(peer->id());
  CHECK(peer->wait_up(node.id()).at("persistent") == true);

  peer->signal(SIGKILL);
  CHECK(node.wait_down(peer->id()).generation == before.generation);
  peer = std::make_unique<cometbft_peer>(with_us);
  const auto after = node.wait_up(peer->id());
  CHECK(after.generation > before.generation);
  CHECK(after.way == direction::inbound);
  CHECK(peer->wait_up(node.id()).at("persistent") == true);
  node.ping(peer->id(), 0x70, 1024, 10);
  peer->ping(node.id(), "70", 1024, 10);
}
