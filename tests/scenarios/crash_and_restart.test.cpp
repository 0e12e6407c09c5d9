// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Crashes a node, starts it again after a while, and waits until all is well.
void crash_and_return(talking_network& net, size_t who, duration outage) {
  net.crash(who);
  CHECK(net.system().running(static_cast<sim_party>(who)) == 0);
  net.advance(outage);
  net.start(who);
  // Others may hold a connection to the former life until they use it.
  net.advance(3min);
  CHECK(net.run_until([&net] { return net.meshed(); }, 5min));
}

/// Takes so many steps, or fewer if it is `over` before.
/// @returns whether it was not.
bool step_unless(size_t steps, network& net,
                 const std::function<bool()>& over) {
  for (size_t i = 0; i < steps; ++i) {
    if (over())
      return false;
    net.system().step();
  }
  return true;
}

/// Crashes a node after so many steps of a start and starts it again.
/// @returns `false` if the start was over before.
bool crash_after(size_t steps, size_t who, fidelity how, duration outage) {
  talking_network net{7, how};
  net.add_nodes(3).connect(full_mesh(3));
  net.start();
  if (!step_unless(steps, net, [&net] { return net.meshed(); }))
    return false;
  crash_and_return(net, who, outage);
  net.say(0, 1);
  net.say(1, 2);
  net.advance(1s);
  CHECK(net.heard(1, 0) == 1);
  CHECK(net.heard(2, 1) == 1);
  net.finish();
  return true;
}

/// Messages that each node says to each other one in a conversation.
constexpr size_t sentences = 3;

/// Crashes a node after so many steps of a conversation and starts it again.
/// @returns `false` if all was said before.
bool crash_in_talk(size_t steps, size_t who, fidelity how, duration outage) {
  talking_network net{9, how};
  net.add_nodes(3).connect(full_mesh(3));
  REQUIRE(net.mesh());
  for (size_t from = 0; from < 3; ++from)
    for (size_t to = 0; to < 3; ++to)
      if (to != from)
        net.say(from, to, sentences, 2000);
  auto all_said = [&net] {
    size_t result = 0;
    for (const auto& [way, count] : net.board->arrived)
      result += count;
    return result == 6 * sentences;
  };
  if (!step_unless(steps, net, all_said))
    return false;
  crash_and_return(net, who, outage);
  // What goes on between the others is none of its business.
  const auto a = (who + 1) % 3;
  const auto b = (who + 2) % 3;
  CHECK(net.heard(a, b) == sentences);
  CHECK(net.heard(b, a) == sentences);
  // Nothing comes twice, not even from a former life.
  CHECK(net.heard(a, who) <= sentences);
  CHECK(net.heard(who, a) <= sentences);
  const auto before = net.heard(who, a);
  net.say(a, who);
  net.advance(1s);
  CHECK(net.heard(who, a) == before + 1);
  net.finish();
  return true;
}

/// Tries every `stride`-th step of the whole of something, with one node after
/// the other. @returns how many.
template <class Crash>
size_t crash_all_over(size_t stride, Crash crash, fidelity how,
                      duration outage) {
  size_t tries = 0;
  for (size_t steps = 0; steps < 100'000; steps += stride) {
    const auto who = tries % 3;
    CAPTURE(steps);
    CAPTURE(who);
    if (!crash(steps, who, how, outage))
      break;
    ++tries;
  }
  return tries;
}

} // namespace

TEST_CASE("a node may crash at any step of the start") {
  CHECK(crash_all_over(2, crash_after, fidelity::messages, 0s) > 50);
}

TEST_CASE("a node may be away for a while after a crash at any step") {
  CHECK(crash_all_over(5, crash_after, fidelity::messages, 7s) > 20);
}

TEST_CASE("a node may crash at any step of the real handshake") {
  CHECK(crash_all_over(11, crash_after, fidelity::mconn, 0s) > 15);
}

TEST_CASE("a node may crash at any step of a conversation") {
  CHECK(crash_all_over(4, crash_in_talk, fidelity::messages, 0s) > 15);
  CHECK(crash_all_over(4, crash_in_talk, fidelity::mconn, 3s) > 15);
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
