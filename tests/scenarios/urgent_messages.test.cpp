// SPDX-License-Identifier: Apache-2.0
//
// How long a message of the highest priority takes beside a flood.
#include <algorithm>
#include <optional>
#include <string>

#include "talk.hpp"
#include "troupe/transport/mconn/delay_bound.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What urgent messages from node 0 to node 1 took, and what they may take.
struct delays {
  duration longest = {};
  duration bound = {};
};

/// @param bandwidth of the network, in bytes a second.
/// @param send_rate of node 0.
delays measure(const std::string& queue_type, uint64_t bandwidth,
               std::optional<uint64_t> send_rate) {
  talking_network net{7, fidelity::mconn};
  net.channel_options.send_queue_messages = 1000;
  net.channel_options.send_queue_bytes = 100'000'000;
  net.channel_options.recv_message_capacity = 1'000'000;
  net.second_priority = 10;
  net.add_nodes(2, [&](size_t, node_options& options) {
    options.queue_type = queue_type;
    options.stream.send_rate = send_rate;
    options.stream.recv_rate = {};
  });
  net.connect(full_mesh(2));
  REQUIRE(net.mesh());
  sim_link_options link;
  link.bandwidth = bandwidth;
  net.relink(0, 1, link);
  // Messages of all sizes that a flood may have, for longer than this takes.
  for (size_t size : {900'000, 100'000, 1000})
    net.say(0, 1, 80'000'000 / size > 300 ? 300 : 80'000'000 / size, size);
  net.advance(1s);
  delays result;
  for (size_t i = 1; i <= 40; ++i) {
    const auto begin = net.now();
    net.say(0, 1, 1, 100, second_channel);
    REQUIRE(net.run_until([&] { return net.heard(1, 0, second_channel) == i; },
                          1min));
    result.longest = std::max(result.longest, net.now() - begin);
    net.advance(237ms + i * 1ms);
  }
  // The flood is not over.
  CHECK(net.heard(1, 0) < 80);
  mconn_stream_options options;
  options.send_rate = send_rate;
  // A kernel of the harness holds what is on the way, too, and what arrives is
  // read at once.
  result.bound = delay_bound(options, {.bandwidth = bandwidth,
                                       .unsent = link.send_buffer_max,
                                       .latency = 50ms});
  net.finish();
  return result;
}

} // namespace

TEST_CASE("beside a flood, a message of the highest priority takes no longer "
          "than the stated bound") {
  for (const auto* queue_type : {"wdrr", "priority"}) {
    CAPTURE(queue_type);
    // The network is the narrow place, or our own rate.
    const auto slow = measure(queue_type, 1'000'000, {});
    CHECK(slow.longest <= slow.bound);
    CHECK(slow.longest > slow.bound / 2);
    const auto limited = measure(queue_type, 50'000'000, 1'000'000);
    CHECK(limited.longest <= limited.bound);
    CHECK(limited.longest > limited.bound / 2);
  }
}
