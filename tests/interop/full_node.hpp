// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "peer_process.hpp"
#include "plain_socket.hpp"
#include "temp_folder.hpp"

namespace troupe::test {

/// A port that was free a moment ago.
inline std::string free_port() {
  auto endpoint = plain_listener{}.endpoint();
  return endpoint.substr(endpoint.rfind(':') + 1);
}

/// A validator with CometBFT's own reactors, alone in its network.
struct full_node {
  full_node() {
    const auto event = process.wait_for("listening");
    id = event.at("id");
    address = event.at("address");
    endpoint = address.substr(address.find('@') + 1);
  }

  temp_folder home;
  std::string rpc_port = free_port();
  peer_process process{
      environment("TROUPE_FULLNODE"),
      {interop_program("cometbft-node"), free_port(), home / "node", rpc_port}};
  std::string id;
  std::string address;
  std::string endpoint;
};

} // namespace troupe::test
