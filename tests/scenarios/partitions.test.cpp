// SPDX-License-Identifier: Apache-2.0
#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node does not wait for long to dial again.
void be_impatient(size_t, node_options& options) {
  options.retry.max_retry_time_persistent = 10s;
}

} // namespace

TEST_CASE("a partition that heals soon costs nothing but time") {
  for (auto how : {fidelity::messages, fidelity::mconn}) {
    talking_network net{1, how};
    net.add_nodes(4).connect(full_mesh(4));
    REQUIRE(net.mesh());
    net.advance(5s);
    auto before = net.peers(0).downs();
    net.apply(partition({0, 1}, {2, 3}));
    net.say(0, 2);
    net.say(0, 1);
    net.advance(10s);
    CHECK(net.heard(1, 0) == 1);
    CHECK(net.heard(2, 0) == 0);
    net.apply(heal());
    net.advance(5s);
    CHECK(net.heard(2, 0) == 1);
    CHECK(net.peers(0).downs() == before);
    net.finish();
  }
}

TEST_CASE("a long partition ends connections, and they come back") {
  for (auto how : {fidelity::messages, fidelity::mconn}) {
    talking_network net{2, how};
    net.add_nodes(4, be_impatient).connect(full_mesh(4));
    REQUIRE(net.mesh());
    net.apply(partition({0, 1}, {2, 3}));
    net.say(0, 2);
    net.say(0, 3);
    net.say(1, 2);
    net.say(1, 3);
    CHECK(net.run_until([&] { return !net.sees(0, 2) && !net.sees(0, 3); },
                        5min));
    CHECK(net.sees(0, 1));
    CHECK(net.sees(2, 3));
    net.advance(1min);
    net.apply(heal());
    CHECK(net.run_until([&net] { return net.meshed(); }, 2min));
    net.finish();
  }
}

TEST_CASE("a peer that goes silent is dropped, and comes back") {
  talking_network net{3, fidelity::mconn};
  net.add_nodes(3, be_impatient).connect(full_mesh(3));
  // Only keepalive can tell: the kernel has all the time in the world.
  sim_link_options patient;
  patient.give_up = 24h;
  net.relink(0, 1, patient);
  REQUIRE(net.mesh());
  net.advance(5s);
  auto since = net.now();
  net.apply(one_way({1}, {0}));
  REQUIRE(net.run_until([&net] { return !net.sees(0, 1); }, 10min));
  // Not before its time, and not long after.
  CHECK(net.now() - since > 30s);
  CHECK(net.now() - since < 2min);
  CHECK(net.sees(0, 2));
  CHECK(net.sees(1, 2));
  net.apply(heal());
  CHECK(net.run_until([&net] { return net.meshed(); }, 2min));
  net.finish();
}

TEST_CASE("a flapping peer is dialed less and less often, and never given up") {
  talking_network net{4};
  net.add_nodes(2, [](size_t number, node_options& options) {
    options.retry.retry_time_jitter = 0s;
    options.retry.max_retry_time_persistent = 60s;
    options.disconnect_cooldown = 1s;
    // Node 1 waits to be dialed.
    if (number == 1)
      options.disconnect_cooldown = options.retry.max_retry_time_persistent;
  });
  net.connect(full_mesh(2));
  REQUIRE(net.mesh());
  std::vector<duration> waits;
  for (int i = 0; i < 5; ++i) {
    net.advance(100ms);
    net.apply(reset(0, 1));
    auto since = net.now();
    REQUIRE(net.run_until([&net] { return !net.sees(0, 1) && !net.sees(1, 0); },
                          1s));
    REQUIRE(net.run_until([&net] { return net.meshed(); }, 2min));
    waits.push_back(net.now() - since);
  }
  for (size_t i = 0; i + 1 < waits.size(); ++i) {
    CAPTURE(i);
    CHECK(waits[i + 1] > waits[i] + 500ms);
  }
  CHECK(waits.front() < 2s);
  CHECK(waits.back() < 62s);
  // A connection that lasts makes up for it.
  net.advance(1min);
  net.apply(reset(0, 1));
  auto since = net.now();
  net.advance(500ms);
  REQUIRE(net.run_until([&net] { return net.meshed(); }, 2min));
  CHECK(net.now() - since < 2s);
  net.finish();
}

TEST_CASE("resets again and again leave a network whole") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    talking_network net{seed};
    net.add_nodes(3, be_impatient).connect(full_mesh(3));
    REQUIRE(net.mesh());
    for (int i = 0; i < 30; ++i)
      net.at(i * 700ms,
             reset(static_cast<size_t>(i) % 3, static_cast<size_t>(i + 1) % 3));
    net.advance(30s);
    CHECK(net.run_until([&net] { return net.meshed(); }, 2min));
    net.finish();
  }
}
