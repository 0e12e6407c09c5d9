// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "cometbft_world.hpp"
#include "plain_socket.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/transport/mconn/mconn_handshake.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using json = peer_process::json;

node_options named_options() {
  auto result = test_options();
  result.moniker = "our moniker";
  result.version = "troupe-interop-1";
  return result;
}

/// What a CometBFT peer with default options says about itself.
node_info info_of(const cometbft_peer& peer) {
  return {.versions = {.p2p = release_name() == "cometbft-v1.0" ? 9u : 8u,
                       .block = 11,
                       .app = 0},
          .node_id = peer.id(),
          .listen_addr = "tcp://" + peer.endpoint(),
          .network = "troupe-interop",
          .version = peer.version(),
          .channels = {0x70, 0x71, 0x72},
          .moniker = "gopeer",
          .tx_index = "off"};
}

/// Runs our side of the handshake over a plain socket.
handshake_result shake_hands(plain_socket& socket, const node_key& key,
                             const node_info& ours, const node_id& expected) {
  system_entropy random;
  secret_array<32> ephemeral;
  random.fill(ephemeral.span());
  mconn_handshake handshake{key, ephemeral.span(), ours, expected};
  socket.write(handshake.start());
  while (!handshake.done()) {
    auto input = socket.read();
    REQUIRE_FALSE(input.empty());
    bytes output;
    auto outcome = handshake.consume(input, output);
    REQUIRE_MESSAGE(outcome.code == errc::none, to_string(outcome));
    socket.write(output);
  }
  return handshake.take_result();
}

} // namespace

TEST_CASE("both sides see each other come up, as who and what they are") {
  cometbft_world w{{}, named_options()};
  w.connect();
  CHECK(w.up.way == w.way);
  CHECK(w.up.info.moniker == "gopeer");
  CHECK(w.up.info.channels == std::vector<channel_id>{0x70, 0x71, 0x72});
  const auto& remote = w.up.info.remote;
  REQUIRE(remote.ip.has_value());
  CHECK(to_string(*remote.ip) == "127.0.0.1");
  // What dials us does so from a port of its own.
  const auto at_its_port = to_string(remote) == "mconn://" + w.peer.endpoint();
  CHECK(at_its_port == (w.way == direction::outbound));
}

TEST_CASE("CometBFT sees all of our node info") {
  cometbft_world w{{}, named_options()};
  w.connect();
  auto seen = w.peer_up;
  // Where our side of the connection is; ours to listen is in listen_addr.
  if (w.way == direction::inbound)
    CHECK(seen.at("remote") == w.node.endpoint());
  seen.erase("remote");
  CHECK(seen
        == json{{"event", "peer_up"},
                {"id", w.node.id()},
                {"outbound", w.way == direction::inbound},
                {"persistent", false},
                {"moniker", "our moniker"},
                {"network", "troupe-interop"},
                {"version", "troupe-interop-1"},
                {"channels", "707172"},
                {"listen_addr", "tcp://" + w.node.endpoint()},
                {"protocol", {{"p2p", 8}, {"block", 11}, {"app", 0}}},
                {"tx_index", ""},
                {"rpc_address", ""}});
}

TEST_CASE("we see all of CometBFT's node info") {
  const auto way = each_direction();
  cometbft_peer peer;
  system_entropy random;
  const auto key = node_key::generate(random);
  auto ours = info_of(peer);
  ours.node_id = to_string(key.id());

  std::optional<plain_socket> socket;
  node_id expected;
  if (way == direction::inbound) {
    plain_listener listener;
    peer.command("dial " + ours.node_id + "@" + listener.endpoint());
    socket.emplace(listener.accept());
  } else {
    socket.emplace(plain_socket::connect_to(peer.endpoint()));
    expected = *node_id::parse(peer.id());
  }
  const auto remote = shake_hands(*socket, key, ours, expected);
  CHECK(to_string(remote.id) == peer.id());
  CHECK(remote.info == info_of(peer));
  peer.wait_up(ours.node_id);
}

TEST_CASE("CometBFT ends the connection and we hear of it") {
  cometbft_world w;
  w.connect();
  w.peer.command("stop_peer " + w.node.id());
  CHECK(w.node.wait_down(w.peer.id()).reason == errc::connection_closed);
  CHECK(w.peer.wait_down(w.node.id()).at("reason") == "stopped");
}
