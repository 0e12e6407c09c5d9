// SPDX-License-Identifier: Apache-2.0

// What it takes to keep a network together: partitions, coming and going, the
// death of a seed.

#include "pex_network.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A network in which everybody has come in through the first node.
struct grown_network : pex_network {
  explicit grown_network(uint64_t seed, size_t count, size_t wanted = 6,
                         bool with_seed = false)
    : pex_network(seed, wanted) {
    add(count);
    if (with_seed)
      seeds = {0};
    for (size_t i = 1; i < count; ++i)
      tell(i, 0);
    start();
    REQUIRE(run_until([this] { return is_full(); }, 3min));
  }
};

} // namespace

TEST_CASE("a network that was torn in two comes together again") {
  constexpr size_t count = 24;
  grown_network net{1, count};
  node_group left;
  node_group right;
  for (size_t i = 0; i < count; ++i)
    (i % 2 == 0 ? left : right).push_back(i);
  net.apply(partition(left, right));
  // Long enough for all connections between the two to end.
  net.advance(5min);
  CHECK(net.reachable() < count);
  net.apply(heal());
  CHECK(net.run_until([&] { return net.is_connected() && net.is_full(); },
                      20min));
  net.finish();
}

TEST_CASE("a network of which a tenth comes and goes each minute stays "
          "connected") {
  constexpr size_t count = 30;
  grown_network net{2, count, 8};
  auto& random = net.system().random();
  size_t apart = 0;
  size_t looks = 0;
  for (int minute = 0; minute < 6; ++minute) {
    for (size_t i = 0; i < count / 10; ++i) {
      const auto who = random.below(count);
      if (net.is_running(who))
        net.crash(who);
      net.start(who);
      for (int second = 0; second < 20; ++second) {
        net.advance(1s);
        // Who has just begun is on its way.
        ++looks;
        apart += net.reachable() + 1 < net.running();
      }
    }
  }
  CHECK(looks == 360);
  CHECK(apart == 0);
  CHECK(
      net.run_until([&] { return net.is_connected() && net.is_full(); }, 5min));
  net.finish();
}

TEST_CASE("a network whose seed has died does not need it, and restarts "
          "without it") {
  constexpr size_t count = 16;
  grown_network net{3, count, 5, true};
  net.crash(0);
  net.advance(5min);
  CHECK(net.is_connected());
  CHECK(net.is_full());
  net.crash(3);
  net.start(3);
  CHECK(net.run_until([&] { return net.degree(3) >= net.slots; }, 2min));
  net.finish();
}
