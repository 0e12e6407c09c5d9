// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>

#include "cometbft_world.hpp"
#include "troupe/transport/quic/peer_id.hpp"

namespace troupe::test {

/// A node of CometBFT that speaks lp2p.
class lp2p_process : public peer_process {
public:
  explicit lp2p_process(const arguments& more = {})
    : peer_process(interop_program("cometbft-lp2p"), more) {
    const auto listening = wait_for("listening");
    id_ = listening.at("id");
    endpoint_ = listening.at("endpoint");
  }

  /// As we call it.
  [[nodiscard]] const std::string& id() const {
    return id_;
  }

  [[nodiscard]] const std::string& endpoint() const {
    return endpoint_;
  }

  /// Lets it ping `peer`, its word for it, and checks that all pongs come.
  void ping(const std::string& peer, size_t size, size_t count) {
    command(fmt::format("ping {} {} {} 70 4", peer, size, count));
    const auto end = wait_for_any({"pings_done", "pings_failed"});
    CHECK(end.at("answered") == count);
  }

private:
  std::string id_;
  std::string endpoint_;
};

inline node_options quic_node_options() {
  auto result = test_options();
  result.listen = {"quic://127.0.0.1:0"};
  return result;
}

/// How libp2p calls a node of ours.
inline std::string libp2p_name(const node_options& options) {
  return to_string(peer_id::of(options.key.public_key()));
}

/// Sends pings, and checks that all pongs come back, in any order.
inline void ping_in_any_order(local_node& node, const std::string& peer,
                              channel_id channel, size_t size, size_t count) {
  const auto sent = node.send_pings(peer, channel, size, count);
  std::multiset<std::string> missing{sent.begin(), sent.end()};
  for (const auto& found : node.wait_arrivals(count)) {
    CHECK(found.pong);
    auto i = missing.find(found.content);
    REQUIRE(i != missing.end());
    missing.erase(i);
  }
}

/// A CometBFT peer, and a node of ours that names it.
struct lp2p_world {
  explicit lp2p_world(const arguments& for_peer = {},
                      direction which = direction::outbound)
    : peer(for_peer),
      options(quic_node_options()),
      name(libp2p_name(options)) {
    if (which == direction::outbound)
      options.persistent_peers
          = {fmt::format("quic://{}@{}", peer.id(), peer.endpoint())};
    else
      options.unconditional_peers = {peer.id()};
    node.emplace(options);
    if (which == direction::inbound)
      peer.command(fmt::format("dial {}@{}", name, node->endpoint()));
    up = node->wait_up(peer.id());
  }

  void ping(channel_id channel, size_t size, size_t count) {
    ping_in_any_order(*node, peer.id(), channel, size, count);
  }

  lp2p_process peer;
  node_options options;
  std::string name;
  std::optional<local_node> node;
  peer_update up;
};

} // namespace troupe::test
