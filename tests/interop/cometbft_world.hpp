// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "local_node.hpp"
#include "peer_process.hpp"

namespace troupe::test {

using arguments = std::vector<std::string>;

/// A CometBFT peer, of the release under test unless another one is named, as
/// fast as it gets: no rate limits, and it hardly waits before it flushes.
class cometbft_peer : public peer_process {
public:
  explicit cometbft_peer(arguments more = {},
                         const std::string& release = release_name())
    : peer_process(interop_program(release), with_defaults(more)) {
    const auto listening = wait_for("listening");
    id_ = listening.at("id");
    address_ = listening.at("address");
    version_ = listening.at("release");
  }

  [[nodiscard]] const std::string& id() const {
    return id_;
  }

  /// `ID@127.0.0.1:PORT`.
  [[nodiscard]] const std::string& address() const {
    return address_;
  }

  /// `127.0.0.1:PORT`.
  [[nodiscard]] std::string endpoint() const {
    return address_.substr(address_.find('@') + 1);
  }

  /// The version of CometBFT.
  [[nodiscard]] const std::string& version() const {
    return version_;
  }

  /// The event that says that `id` is up.
  json wait_up(const std::string& id) {
    return wait_for("peer_up", with("id", id));
  }

  json wait_down(const std::string& id) {
    return wait_for("peer_down", with("id", id));
  }

  /// Lets it ping `id`, and checks that the pongs are right.
  void ping(const std::string& id, const std::string& channel, size_t size,
            size_t count) {
    start_ping(id, channel, size, count);
    wait_pings_done(channel);
  }

  void start_ping(const std::string& id, const std::string& channel,
                  size_t size, size_t count) {
    command("ping " + id + " " + std::to_string(size) + " "
            + std::to_string(count) + " " + channel);
  }

  void wait_pings_done(const std::string& channel) {
    CHECK(wait_for("pings_done", with("channel", channel)).at("in_order"));
  }

  static predicate with(const std::string& field, const std::string& value) {
    return [=](const json& event) { return event.at(field) == value; };
  }

private:
  static arguments with_defaults(const arguments& more) {
    arguments result
        = {"-send-rate", "0", "-recv-rate", "0", "-flush-throttle", "1ms"};
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }

  std::string id_;
  std::string address_;
  std::string version_;
};

/// Runs the rest of a test case once for each way to connect.
inline direction each_direction() {
  auto way = direction::inbound;
  SUBCASE("it dials us") {}
  SUBCASE("we dial it") {
    way = direction::outbound;
  }
  return way;
}

/// A CometBFT peer and a node of ours; each test runs for both ways to connect.
struct cometbft_world {
  explicit cometbft_world(const arguments& for_peer = {},
                          const node_options& options = test_options())
    : way(each_direction()),
      peer(for_peer),
      node(options) {}

  /// Lets one dial the other and returns at once.
  void dial() {
    if (way == direction::inbound)
      peer.command("dial " + node.address());
    else
      node.dial(peer.address());
  }

  /// Lets one dial the other and waits until both are up.
  void connect() {
    dial();
    up = node.wait_up(peer.id());
    peer_up = peer.wait_up(node.id());
  }

  /// Checks that both still talk to each other, on the same connection.
  void check_alive() {
    node.ping(peer.id(), 0x71, 100, 1);
    peer.ping(node.id(), "71", 100, 1);
    CHECK_FALSE(node.has_lost(peer.id()));
    CHECK_FALSE(peer.has_seen("peer_down"));
  }

  direction way;
  cometbft_peer peer;
  local_node node;
  peer_update up = {};
  peer_process::json peer_up = {};
};

} // namespace troupe::test
