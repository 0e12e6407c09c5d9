// SPDX-License-Identifier: Apache-2.0

// Who restarts again and again finds its persistent peers as fast as the first
// time.

#include <algorithm>

#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

bool has_waited(const talking_network& net, size_t number) {
  const auto& all = net.events(number);
  return std::any_of(all.begin(), all.end(), [](const auto& event) {
    return event.what == node_event::kind::peer_waiting;
  });
}

} // namespace

TEST_CASE("quick restarts of a node leave it no wait for a persistent peer") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    talking_network net{seed};
    net.add_nodes(2);
    // Nobody dials it.
    net.options(0).persistent_peers = {net.address(1)};
    net.start();
    REQUIRE(net.run_until([&net] { return net.sees(0, 1); }, 10s));
    for (int i = 0; i < 8; ++i) {
      CAPTURE(i);
      net.stop(0);
      REQUIRE(net.run_until([&net] { return !net.is_running(0); }, 10s));
      net.start(0);
      const auto since = net.now();
      REQUIRE(net.run_until([&net] { return net.sees(0, 1); }, 10s));
      CHECK(net.now() - since < 1s);
      CHECK_FALSE(has_waited(net, 0));
    }
    net.finish();
  }
}
