// SPDX-License-Identifier: Apache-2.0
//
// troupe monitor, against a whole CometBFT node.
#include <set>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include "full_node.hpp"

using namespace troupe::test;

namespace {

using json = peer_process::json;

/// Gives the node a transaction, over its RPC.
void broadcast_transaction(const full_node& node, const std::string& text) {
  auto socket = plain_socket::connect_to("127.0.0.1:" + node.rpc_port);
  const auto request = "GET /broadcast_tx_sync?tx=%22" + text
                       + "%22 HTTP/1.1\r\nHost: localhost\r\nConnection: "
                         "close\r\n\r\n";
  socket.write(std::as_bytes(std::span{request}));
  std::string answer;
  for (auto part = socket.read(); !part.empty(); part = socket.read())
    answer.append(reinterpret_cast<const char*>(part.data()), part.size());
  CAPTURE(answer);
  CHECK(answer.find("\"code\":0") != std::string::npos);
}

} // namespace

TEST_CASE("troupe monitor hears transactions and votes of a CometBFT node") {
  full_node node;
  peer_process monitor{environment("TROUPE_COMMAND"),
                       {"monitor", "--network", "troupe-interop", "--seeds",
                        node.address, "--interval", "200ms", "--json"}};
  CHECK(monitor.wait_for("peer_up").at("peer") == node.id);
  // It makes the next block when there is something to put into it.
  broadcast_transaction(node, "troupe=here");
  // A validator that is alone has decided before it looks whether a peer wants
  // its proposal; the votes that decided are told all the same.
  std::set<std::string> wanted{"transactions", "precommit", "round step"};
  while (!wanted.empty()) {
    const auto line = monitor.wait_for(
        "said", [&](const json& x) { return wanted.count(x.at("kind")) > 0; });
    CHECK(line.at("messages") > 0);
    CHECK(line.at("peers") == 1);
    if (line.at("kind") != "transactions")
      CHECK(line.at("height") > 0);
    wanted.erase(line.at("kind").get<std::string>());
  }
  // Nothing that it did was wrong.
  CHECK_FALSE(monitor.has_seen("peer_down"));
  monitor.signal(SIGINT);
  CHECK(monitor.wait_for_exit() == 0);
  CHECK(monitor.errors().empty());
}
