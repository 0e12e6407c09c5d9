// SPDX-License-Identifier: Apache-2.0
#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Both nodes dial at the same moment. Returns what is left in the end.
size_t connections_after_start(uint64_t seed, fidelity how) {
  talking_network net{seed, how};
  net.add_nodes(2).connect(full_mesh(2));
  // Sometimes one of the two is far ahead, mostly not.
  sim_link_options link;
  link.latency = sim_latency::uniform(1ms, 1ms * (1 + seed % 40));
  net.relink(0, 1, link);
  net.start();
  if (!net.run_until([&net] { return net.meshed(); }, 1900ms))
    return 0;
  // Whatever lost is gone by now.
  net.advance(1s);
  CHECK(net.meshed());
  auto before = net.peers(0).downs() + net.peers(1).downs();
  net.advance(20s);
  CHECK(net.meshed());
  CHECK(net.peers(0).downs() + net.peers(1).downs() == before);
  // The two ends agree on who dialed.
  CHECK(net.peers(0).up().at(net.id(1)).way
        != net.peers(1).up().at(net.id(0)).way);
  net.say(0, 1);
  net.say(1, 0);
  net.advance(1s);
  CHECK(net.heard(1, 0) == 1);
  CHECK(net.heard(0, 1) == 1);
  auto result = net.wires().connections();
  net.finish();
  return result;
}

} // namespace

TEST_CASE("two nodes that dial each other end up with one connection") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    CHECK(connections_after_start(seed, fidelity::messages) == 1);
  }
}

TEST_CASE("so they do with the real handshake") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    CHECK(connections_after_start(seed, fidelity::mconn) == 1);
  }
}
