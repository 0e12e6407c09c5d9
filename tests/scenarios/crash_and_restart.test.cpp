// SPDX-License-Identifier: Apache-2.0
#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Crashes a node after so many steps of a start and starts it again.
/// @returns `false` if the start was over before.
bool crash_after(size_t steps, fidelity how, duration outage) {
  talking_network net{7, how};
  net.add_nodes(3).connect(full_mesh(3));
  net.start();
  for (size_t i = 0; i < steps; ++i) {
    if (net.meshed())
      return false;
    net.system().step();
  }
  net.crash(1);
  CHECK(net.system().running(sim_party{1}) == 0);
  net.advance(outage);
  net.start(1);
  // Others may hold a connection to the former life until they use it.
  net.advance(3min);
  CHECK(net.run_until([&net] { return net.meshed(); }, 5min));
  net.say(0, 1);
  net.say(1, 2);
  net.advance(1s);
  CHECK(net.heard(1, 0) == 1);
  CHECK(net.heard(2, 1) == 1);
  net.finish();
  return true;
}

/// Tries every `stride`-th step of the whole start. @returns how many.
size_t crash_all_over(size_t stride, fidelity how, duration outage) {
  size_t tries = 0;
  for (size_t steps = 0; steps < 100'000; steps += stride) {
    CAPTURE(steps);
    if (!crash_after(steps, how, outage))
      break;
    ++tries;
  }
  return tries;
}

} // namespace

TEST_CASE("a node may crash at any step of the start") {
  CHECK(crash_all_over(2, fidelity::messages, 0s) > 100);
}

TEST_CASE("a node may be away for a while after a crash at any step") {
  CHECK(crash_all_over(5, fidelity::messages, 7s) > 30);
}

TEST_CASE("a node may crash at any step of the real handshake") {
  CHECK(crash_all_over(11, fidelity::mconn, 0s) > 30);
}

TEST_CASE("an orderly stop at any moment of the start ends in peace") {
  for (size_t steps = 0; steps < 2000; steps += 5) {
    CAPTURE(steps);
    talking_network net{8};
    net.add_nodes(3).connect(full_mesh(3));
    net.start();
    for (size_t i = 0; i < steps && !net.meshed(); ++i)
      net.system().step();
    auto over = net.meshed();
    net.stop(1);
    CHECK(net.run_until([&net] { return !net.is_running(1); }, 1min));
    CHECK(net.system().running(sim_party{1}) == 0);
    net.finish();
    if (over)
      break;
  }
}
