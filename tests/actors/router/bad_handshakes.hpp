// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "troupe/tests/actors/world.hpp"

namespace troupe::test {

/// How a remote can behave in a handshake, and what we make of it.
struct remote_behavior {
  std::string name;
  errc inbound;
  errc outbound;
  std::function<void(world&, puppet&)> act;
};

/// All of them as the node 2.
inline std::vector<remote_behavior> bad_handshakes() {
  auto lie = [](auto change) {
    return [=](world& w, puppet& remote) {
      auto info = w.info(2);
      change(info);
      remote.greet(w.id(2), info);
    };
  };
  return {
      {"empty info", errc::invalid_node_info, errc::invalid_node_info,
       [](world& w, puppet& remote) { remote.greet(w.id(2), {}); }},
      {"an ID that does not belong to the key", errc::identity_mismatch,
       errc::identity_mismatch,
       lie([](node_info& x) { x.node_id = to_string(world::id(9)); })},
      {"our own key", errc::self_connection, errc::self_connection,
       [](world& w, puppet& remote) { remote.greet(w.id(1), w.info(1)); }},
      {"another network", errc::wrong_network, errc::wrong_network,
       lie([](node_info& x) { x.network = "other"; })},
      {"another block version", errc::wrong_block_version,
       errc::wrong_block_version,
       lie([](node_info& x) { x.versions.block = 10; })},
      {"no common channel", errc::no_common_channel, errc::no_common_channel,
       lie([](node_info& x) { x.channels = {0x55}; })},
      {"more channels than allowed", errc::invalid_node_info,
       errc::invalid_node_info, lie([](node_info& x) {
         x.channels = std::vector<channel_id>(17, 0x70);
       })},
      {"hanging up", errc::connection_closed, errc::connection_closed,
       [](world&, puppet& remote) { remote.hang_up(); }},
      {"silence", errc::timeout, errc::timeout,
       [](world& w, puppet&) { w.advance(10s); }},
  };
}

} // namespace troupe::test
