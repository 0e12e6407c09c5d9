// SPDX-License-Identifier: Apache-2.0
#include "cometbft_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Most bytes of content of a message on channel 0x70 in these tests, and what
/// they take when they are encoded.
constexpr size_t content_max = 1024;
constexpr size_t capacity = content_max + 6;

std::vector<channel_descriptor> limited_channels() {
  auto result = test_channels();
  result.front().recv_message_capacity = capacity;
  return result;
}

} // namespace

TEST_CASE("a message above CometBFT's limit ends that connection only") {
  cometbft_world w{{"-recv-capacity", std::to_string(capacity)}};
  w.connect();
  // The second peer of that CometBFT node.
  local_node other;
  other.dial(w.peer.address());
  other.wait_up(w.peer.id());
  w.peer.wait_up(other.id());

  w.node.ping(w.peer.id(), 0x70, content_max, 1);
  w.node.send_pings(w.peer.id(), 0x70, content_max + 1, 1);
  const auto reason
      = w.peer.wait_down(w.node.id()).at("reason").get<std::string>();
  CAPTURE(reason);
  CHECK(reason.find("exceeds available capacity") != std::string::npos);
  CHECK(w.node.wait_down(w.peer.id()).reason == errc::connection_closed);

  other.ping(w.peer.id(), 0x70, content_max, 10);
  w.peer.ping(other.id(), "70", content_max, 10);
  CHECK_FALSE(other.has_lost(w.peer.id()));
}

TEST_CASE("a message above our limit ends that connection only") {
  const auto way = each_direction();
  cometbft_peer peer;
  cometbft_peer other;
  local_node node{test_options(), limited_channels()};
  for (auto* each : {&peer, &other}) {
    if (way == direction::inbound)
      each->command("dial " + node.address());
    else
      node.dial(each->address());
    node.wait_up(each->id());
    each->wait_up(node.id());
  }

  peer.ping(node.id(), "70", content_max, 1);
  peer.command("blast " + node.id() + " " + std::to_string(content_max + 1)
               + " 1 70 ping");
  CHECK(to_string(node.wait_down(peer.id()).reason)
        == to_string(errc::oversized_message));
  peer.wait_down(node.id());

  other.ping(node.id(), "70", content_max, 10);
  node.ping(other.id(), 0x70, content_max, 10);
  CHECK_FALSE(node.has_lost(other.id()));
  CHECK_FALSE(other.has_seen("peer_down"));
}
