// SPDX-License-Identifier: Apache-2.0
//
// Nodes that vanish without a CONNECTION_CLOSE, and come back.
#include <chrono>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "lp2p_world.hpp"
#include "output_of.hpp"
#include "temp_folder.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// A node that soon notices that somebody is gone.
node_options attentive_options() {
  auto result = quic_node_options();
  result.stream.keepalive = {200ms, 1500ms};
  result.probe_time = 500ms;
  return result;
}

/// `troupe start` with a key that it keeps, naming a peer.
class troupe_process {
public:
  explicit troupe_process(const lp2p_process& peer) {
    output_of(fmt::format("{} init --home {} --network troupe-interop",
                          program_, home_));
    id_ = output_of(fmt::format("{} show-node-id --home {}", program_, home_));
    words_ = {"start",
              "--home",
              home_,
              "--network",
              "troupe-interop",
              "--listen",
              "quic://127.0.0.1:0",
              "--pex=false",
              "--echo",
              "--persistent-peers",
              fmt::format("quic://{}@{}", peer.id(), peer.endpoint()),
              "--json"};
  }

  void start() {
    process_ = std::make_unique<peer_process>(program_, words_);
  }

  /// At this instant, without a word.
  void kill() {
    process_->signal(SIGKILL);
    CHECK(process_->wait_for_exit() == 128 + SIGKILL);
  }

  void wait_up(const std::string& peer) {
    process_->wait_for("peer_up", cometbft_peer::with("peer", peer));
  }

  [[nodiscard]] const std::string& id() const {
    return id_;
  }

private:
  temp_folder folder_;
  std::string program_ = environment("TROUPE_COMMAND");
  std::string home_ = folder_ / "home";
  std::string id_;
  arguments words_;
  std::unique_ptr<peer_process> process_;
};

} // namespace

TEST_CASE("a libp2p node that was killed is found again") {
  const temp_folder folder;
  const auto key = folder / "key.json";
  lp2p_process peer{{"-key", key}};
  auto options = attentive_options();
  options.persistent_peers
      = {fmt::format("quic://{}@{}", peer.id(), peer.endpoint())};
  local_node node{options};
  const auto before = node.wait_up(peer.id());
  ping_in_any_order(node, peer.id(), 0x70, 100, 5);

  peer.signal(SIGKILL);
  const auto down = node.wait_down(peer.id());
  CHECK(down.generation == before.generation);
  CHECK(to_string(down.reason) == to_string(errc::peer_silent));
  CHECK(peer.wait_for_exit() == 128 + SIGKILL);
  node.wait_event(node_event::kind::dial_failed);
  lp2p_process again{{"-key", key, "-listen", peer.endpoint()}};
  REQUIRE(again.id() == peer.id());
  CHECK(node.wait_up(again.id()).generation > before.generation);
  ping_in_any_order(node, again.id(), 0x70, 1024, 10);
  again.ping(libp2p_name(options), 1024, 10);
}

TEST_CASE("a libp2p node that was killed and dials us again takes the place of "
          "its dead connection") {
  const temp_folder folder;
  const auto key = folder / "key.json";
  auto peer = std::make_unique<lp2p_process>(arguments{"-key", key});
  auto options = attentive_options();
  // Long enough to come back before the old connection has ended by itself.
  options.stream.keepalive = {10s, 20s};
  options.unconditional_peers = {peer->id()};
  local_node node{options};
  const auto dial
      = fmt::format("dial {}@{}", libp2p_name(options), node.endpoint());
  peer->command(dial);
  const auto before = node.wait_up(peer->id());
  peer->signal(SIGKILL);
  CHECK(peer->wait_for_exit() == 128 + SIGKILL);

  peer = std::make_unique<lp2p_process>(arguments{"-key", key});
  // The first time we only find out that the old one is dead.
  peer->ask_until("connections", "connections", [&](const auto& x) {
    if (x.at("count") == 0)
      peer->command(dial);
    return node.has_lost(peer->id());
  });
  const auto after = node.wait_up(peer->id());
  CHECK(after.generation > before.generation);
  CHECK(after.way == direction::inbound);
  ping_in_any_order(node, peer->id(), 0x70, 1024, 10);
}

TEST_CASE("a node of ours that was killed is a peer of CometBFT's again") {
  lp2p_process peer;
  troupe_process node{peer};
  node.start();
  node.wait_up(peer.id());
  // It takes us for a peer when it has a message, and we send some.
  peer.wait_for("peer_up");
  const auto pings = [&] {
    return peer.ask("stats", "stats")
        .at("channels")
        .at("70")
        .at("pings")
        .template get<uint64_t>();
  };
  node.kill();
  const auto before = pings();
  node.start();
  // Neither side waits until the other one has forgotten the old connection.
  node.wait_up(peer.id());
  peer.ask_until("stats", "stats", [&](const auto& x) {
    return x.at("channels").at("70").at("pings") > before;
  });
}
