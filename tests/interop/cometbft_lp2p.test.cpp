// SPDX-License-Identifier: Apache-2.0
//
// CometBFT's libp2p nodes, over QUIC. Their messages have no order.
#include <array>

#include <fmt/format.h>

#include "lp2p_world.hpp"
#include "temp_folder.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct lp2p_load {
  size_t size;
  size_t count;
};

constexpr std::array<lp2p_load, 4> lp2p_loads
    = {{{8, 20}, {1024, 200}, {64 * 1024, 20}, {1024 * 1024, 4}}};

} // namespace

TEST_CASE("a libp2p node of CometBFT and we exchange messages, whoever has "
          "dialed") {
  lp2p_world w{{}, each_direction()};
  // It takes us for a peer when it has a message.
  w.ping(0x71, 1, 1);
  const auto event = w.peer.wait_for("peer_up");
  CHECK(event.at("peer") == w.name);
  for (auto [size, count] : lp2p_loads) {
    CAPTURE(size);
    w.ping(0x70, size, count);
    w.peer.ping(w.name, size, count);
    for (const auto& ping : w.node->wait_arrivals(count))
      CHECK_FALSE(ping.pong);
  }
  const auto seen = w.peer.ask("stats", "stats").at("channels").at("70");
  CHECK(seen.at("verified") == seen.at("pings"));
  CHECK_FALSE(w.node->has_lost(w.peer.id()));
  const auto known = w.peer.ask("known " + w.name, "known");
  CHECK(known.at("agent") == "troupe");
}

TEST_CASE("messages of 16 MiB get through, both ways") {
  lp2p_world w;
  constexpr size_t size = size_t{16} * 1024 * 1024;
  w.ping(0x70, size, 2);
  w.peer.ping(w.name, size, 2);
}

TEST_CASE("whatever a libp2p node says about itself, or not, it is a peer") {
  std::string how;
  SUBCASE("nothing of channels") {
    how = "bare";
  }
  SUBCASE("that it says nothing") {
    how = "refuse";
  }
  SUBCASE("not a word") {
    how = "silent";
  }
  CAPTURE(how);
  lp2p_world w{{"-identify", how}};
  w.ping(0x70, 1000, 20);
}

TEST_CASE("a libp2p node that the configuration does not name is turned away") {
  lp2p_process peer;
  auto options = quic_node_options();
  SUBCASE("as nobody is named") {}
  SUBCASE("as others are") {
    options.unconditional_peers = {std::string(40, '1')};
  }
  local_node node{options};
  peer.command(
      fmt::format("dial {}@{}", libp2p_name(options), node.endpoint()));
  const auto end = peer.wait_for_any({"dialed", "dial_error"});
  // A client is done before the server has looked at it.
  if (end.at("event") == "dialed")
    peer.ask_until("connections", "connections",
                   [](const auto& x) { return x.at("count") == 0; });
  CHECK_FALSE(node.has_lost(peer.id()));
}

TEST_CASE("a message that is too large for a libp2p node is lost, and nothing "
          "else is") {
  lp2p_world w{{"-recv-capacity", "1000"}};
  w.node->send_pings(w.peer.id(), 0x70, 1000, 1);
  w.ping(0x71, 5000, 10);
  w.ping(0x70, 900, 10);
  CHECK_FALSE(w.node->has_lost(w.peer.id()));
}

TEST_CASE("what a libp2p node has no room for is sent again") {
  lp2p_world w{{"-max-peer-streams", "8"}};
  w.node->send_pings(w.peer.id(), 0x70, 1000, 100);
  // It loses some of its own, which it does not send again.
  w.peer.ask_until("stats", "stats", [](const auto& x) {
    return x.at("channels").at("70").at("verified") == 100;
  });
}

TEST_CASE("a libp2p node that restarts is a peer again") {
  const temp_folder folder;
  const auto key = folder / "key.json";
  lp2p_world w{{"-key", key}};
  w.ping(0x70, 100, 1);
  w.peer.command("quit");
  w.node->wait_down(w.peer.id());
  CHECK(w.peer.wait_for_exit() == 0);
  lp2p_process again{{"-key", key, "-listen", w.peer.endpoint()}};
  CHECK(again.id() == w.peer.id());
  w.node->wait_up(again.id());
  w.ping(0x70, 100, 10);
}

TEST_CASE("troupe probe says who is there, by either protocol") {
  auto probe = [](const std::string& id, const std::string& where) {
    peer_process command{environment("TROUPE_COMMAND"),
                         {"probe", fmt::format("quic://{}@{}", id, where),
                          "--json", "--timeout", "15s"}};
    auto seen = command.wait_for("probe");
    CHECK(command.wait_for_exit() == 0);
    CHECK(seen.at("node_id") == id);
    CHECK(seen.at("endpoint") == "quic://" + where);
    CHECK(seen.at("channels") == peer_process::json{"0x70", "0x71", "0x72"});
    return seen.at("network").get<std::string>();
  };
  lp2p_process peer;
  CHECK(probe(peer.id(), peer.endpoint()).empty());
  local_node node{quic_node_options()};
  CHECK(probe(node.id(), node.endpoint()) == "troupe-interop");
}

TEST_CASE("troupe monitor begins, as a libp2p node says nothing to strangers") {
  lp2p_process peer{{"-channels", "40"}};
  peer_process monitor{environment("TROUPE_COMMAND"),
                       {"monitor", "--network", "troupe-interop", "--seeds",
                        fmt::format("quic://{}@{}", peer.id(), peer.endpoint()),
                        "--channels", "0x40", "--pex=false", "--json"}};
  CHECK(monitor.wait_for("peer_up").at("peer") == peer.id());
  // It takes us for a peer when it has a message.
  peer.wait_for("peer_up");
  monitor.signal(SIGINT);
  CHECK(monitor.wait_for_exit() == 0);
}
