// SPDX-License-Identifier: Apache-2.0
//
// In which order messages reach a peer whose network is slow, by the node's
// queue type.
#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// How many messages of a flood arrive before one of another channel that was
/// sent behind them.
size_t overtaken(const std::string& queue_type) {
  talking_network net{3, fidelity::mconn};
  net.add_nodes(2, [&](size_t, node_options& options) {
    options.queue_type = queue_type;
  });
  net.connect(full_mesh(2));
  REQUIRE(net.mesh());
  sim_link_options slow;
  slow.bandwidth = 200'000;
  net.relink(0, 1, slow);
  net.say(0, 1, 250, 10'000);
  net.advance(100ms);
  net.say(0, 1, 1, 10, second_channel);
  REQUIRE(net.run_until([&net] { return net.heard(1, 0, second_channel) == 1; },
                        1min));
  const auto result = net.heard(1, 0);
  REQUIRE(net.run_until([&net] { return net.heard(1, 0) == 250; }, 5min));
  net.finish();
  return result;
}

} // namespace

TEST_CASE("a node with a queue type of fifo sends in the order of arrival, one "
          "with another lets a channel that has sent less go first") {
  CHECK(overtaken("fifo") >= 180);
  CHECK(overtaken("wdrr") < 60);
  CHECK(overtaken("priority") < 60);
}
