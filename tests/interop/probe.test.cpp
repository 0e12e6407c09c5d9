// SPDX-License-Identifier: Apache-2.0
//
// troupe probe, against a whole CometBFT node.
#include <doctest/doctest.h>

#include "full_node.hpp"

using namespace troupe::test;

namespace {

using json = peer_process::json;

peer_process probe(const std::string& address) {
  return peer_process{environment("TROUPE_COMMAND"),
                      {"probe", address, "--json", "--timeout", "15s"}};
}

} // namespace

TEST_CASE("troupe probe tells what a CometBFT node is") {
  full_node node;
  auto command = probe(node.address);
  auto seen = command.wait_for("probe");
  CHECK(command.wait_for_exit() == 0);
  CHECK(command.errors().empty());

  int64_t total = 0;
  for (const auto* step : {"lookup_us", "connect_us", "handshake_us"}) {
    CAPTURE(step);
    CHECK(seen.at(step) >= 0);
    total += seen.at(step).get<int64_t>();
    seen.erase(step);
  }
  // Rounded down, each on its own.
  CHECK(seen.at("total_us") >= total);
  CHECK(seen.at("total_us") <= total + 3);
  for (const auto* field : {"total_us", "time", "event"})
    seen.erase(field);
  CHECK(seen
        == json{{"node_id", node.id},
                {"address", "mconn://" + node.address},
                {"endpoint", "mconn://" + node.endpoint},
                {"moniker", "fullnode"},
                {"network", "troupe-interop"},
                {"version", "0.38.26"},
                {"protocol", {{"p2p", 8}, {"block", 11}, {"app", 1}}},
                {"channels",
                 {"0x40", "0x20", "0x21", "0x22", "0x23", "0x30", "0x38",
                  "0x60", "0x61", "0x00"}},
                {"listen_addr", "tcp://" + node.endpoint},
                {"rpc_address", "tcp://127.0.0.1:" + node.rpc_port},
                {"tx_index", "on"}});
}

TEST_CASE("troupe probe does not take a CometBFT node for another one") {
  full_node node;
  const std::string nobody(40, '7');
  auto command = probe(nobody + "@" + node.endpoint);
  CHECK(command.wait_for_exit() == 1);
  CHECK_FALSE(command.has_seen("probe"));
  const auto text = command.errors();
  CAPTURE(text);
  CHECK(text.find(nobody) != std::string::npos);
  CHECK(text.find(node.id) != std::string::npos);
  CHECK(text.find('\n') == text.size() - 1);
}
