// SPDX-License-Identifier: Apache-2.0
//
// troupe/1 with aioquic, an implementation of QUIC that shares no code with
// ours, and whose peer was written from transport/quic/troupe-1.md.
#include <string>

#include <fmt/format.h>

#include "lp2p_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Lets aioquic dial a node of ours, and waits until it has all its pongs.
peer_process::json dialed_by_aioquic(const arguments& more = {}) {
  local_node node{quic_node_options()};
  arguments all{"dial", node.endpoint(), node.id()};
  all.insert(all.end(), more.begin(), more.end());
  peer_process peer{interop_program("aioquic-peer"), all};
  CHECK(peer.wait_for("proven").at("peer") == node.id());
  auto result = peer.wait_for("greeted");
  node.wait_up(result.at("id"));
  if (std::ranges::find(more, "--move") != more.end())
    result.update(peer.wait_for("moved"));
  result.update(peer.wait_for("done"));
  CHECK(peer.wait_for_exit() == 0);
  return result;
}

} // namespace

TEST_CASE("aioquic dials us, and its pings are answered") {
  const auto seen = dialed_by_aioquic();
  CHECK(seen.at("pongs") == 40);
  CHECK(seen.at("negotiated") == false);
}

TEST_CASE("a twentieth of what aioquic and we send may be lost") {
  const auto seen = dialed_by_aioquic({"--loss", "5"});
  CHECK(seen.at("pongs") == 40);
  CHECK(seen.at("dropped") > 0);
}

TEST_CASE("aioquic learns from us which version of QUIC we speak") {
  const auto seen = dialed_by_aioquic({"--version-first"});
  CHECK(seen.at("negotiated") == true);
  CHECK(seen.at("version") == "0x1");
}

TEST_CASE("aioquic may not move, and its connection stays where it was") {
  const auto seen = dialed_by_aioquic({"--move"});
  CHECK(seen.at("answered") == false);
  CHECK(seen.at("back") == true);
}

TEST_CASE("we dial aioquic, and our pings are answered") {
  arguments how{"listen"};
  SUBCASE("over a network that loses nothing") {}
  SUBCASE("over one that loses a twentieth") {
    how.insert(how.end(), {"--loss", "5"});
  }
  peer_process peer{interop_program("aioquic-peer"), how};
  const auto listening = peer.wait_for("listening");
  const std::string id = listening.at("id");
  local_node node{quic_node_options()};
  node.dial(fmt::format("quic://{}@{}", id,
                        listening.at("endpoint").get<std::string>()));
  node.wait_up(id);
  node.ping(id, 0x70, 20'000, 40);
  CHECK(peer.wait_for("done").at("pings") == 40);
  CHECK_FALSE(node.has_lost(id));
}
