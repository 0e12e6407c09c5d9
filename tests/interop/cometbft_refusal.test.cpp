// SPDX-License-Identifier: Apache-2.0
#include "cometbft_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Whom nobody has the key of.
constexpr const char* nobody = "0123456789abcdef0123456789abcdef01234567";

/// Both refuse the other for the same reason, each in its own words.
void check_refusal(cometbft_world& w, errc ours, const std::string& theirs) {
  w.dial();
  const auto inbound = w.way == direction::inbound;
  const auto seen = w.node.wait_event(inbound ? node_event::kind::refused
                                              : node_event::kind::dial_failed);
  CHECK(to_string(seen.code) == to_string(ours));
  CAPTURE(seen.reason);
  const auto event
      = w.peer.wait_for(inbound ? "dial_error" : "inbound_refused");
  const auto reason = event.at("reason").get<std::string>();
  CAPTURE(reason);
  CHECK(reason.find(theirs) != std::string::npos);
  CHECK_FALSE(w.peer.has_seen("peer_up"));
}

} // namespace

TEST_CASE("nodes of different networks refuse each other") {
  cometbft_world w{{"-network", "another-network"}};
  check_refusal(w, errc::wrong_network, "different network");
}

TEST_CASE("nodes without a common channel refuse each other") {
  cometbft_world w{{"-channels", "60,61"}};
  check_refusal(w, errc::no_common_channel, "no common channels");
}

TEST_CASE("nodes with different block protocols refuse each other") {
  cometbft_world w{{"-block-version", "12"}};
  check_refusal(w, errc::wrong_block_version, "different Block version");
}

TEST_CASE("CometBFT does not keep us when it dialed somebody else") {
  cometbft_peer peer;
  local_node node;
  peer.command(std::string{"dial "} + nobody + "@" + node.endpoint());
  const auto reason
      = peer.wait_for("dial_error").at("reason").get<std::string>();
  CAPTURE(reason);
  CHECK(reason.find("mismatch") != std::string::npos);
  CHECK(reason.find(nobody) != std::string::npos);
  CHECK(reason.find(node.id()) != std::string::npos);
  CHECK(node.wait_event(node_event::kind::refused).code
        == errc::connection_closed);
}

TEST_CASE("we do not keep CometBFT when we dialed somebody else") {
  cometbft_peer peer;
  local_node node;
  node.dial(std::string{nobody} + "@" + peer.endpoint());
  const auto seen = node.wait_event(node_event::kind::dial_failed);
  CHECK(to_string(seen.code) == to_string(errc::unexpected_peer));
  CHECK(seen.reason.find(nobody) != std::string::npos);
  CHECK(seen.reason.find(peer.id()) != std::string::npos);
  CHECK(to_string(seen.peer) == nobody);
  peer.wait_for("inbound_refused");
  CHECK_FALSE(peer.has_seen("peer_up"));
}

TEST_CASE("a node that is refused does not hurt the others") {
  cometbft_world w{{"-network", "another-network"}};
  check_refusal(w, errc::wrong_network, "different network");
  cometbft_peer other;
  other.command("dial " + w.node.address());
  w.node.wait_up(other.id());
  other.wait_up(w.node.id());
  other.ping(w.node.id(), "70", 1024, 10);
  w.node.ping(other.id(), 0x70, 1024, 10);
}
