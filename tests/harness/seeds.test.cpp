// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/seeds.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "troupe/tests/harness/network.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

/// Takes numbers, and has an opinion about some of them.
caf::behavior taker(caf::event_based_actor*) {
  return {[](int number) {
    always<"seeds: a number is not negative">(number >= 0);
    sometimes<"seeds: a number is a multiple of five">(number % 5 == 0);
    if (number == 7)
      reachable<"seeds: seven">();
  }};
}

/// Nobody calls this.
[[maybe_unused]] void unused() {
  reachable<"never: a place of this test">();
}

void give(sim_system& world, int number) {
  caf::anon_send(world.sys().spawn(taker), number);
  world.settle();
}

bool has(const std::vector<std::string_view>& names, std::string_view text) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

std::string message_of(const std::function<void(uint64_t)>& play) {
  try {
    for_each_seed(1, 10, play);
  } catch (const sim_failure& problem) {
    return problem.what();
  }
  return {};
}

} // namespace

SCENARIO("seeds are played in their order") {
  std::vector<uint64_t> seen;
  auto report
      = for_each_seed(5, 3, [&](uint64_t seed) { seen.push_back(seed); });
  CHECK(seen == std::vector<uint64_t>{5, 6, 7});
  CHECK(report.seeds == 3);
}

SCENARIO("the message of a failure begins with its seed") {
  auto fails = [](uint64_t seed) {
    sim_system world{seed};
    if (seed == 4) {
      world.report("something is wrong");
      world.throw_if_failed();
    }
  };
  auto text = message_of(fails);
  CHECK(text.rfind("seed 4 (TROUPE_SEED=4 plays only this one): something is "
                   "wrong\n",
                   0)
        == 0);
}

SCENARIO("so does that of another exception") {
  auto text = message_of([](uint64_t seed) {
    if (seed == 9)
      throw std::runtime_error{"not this one"};
  });
  CHECK(text == "seed 9 (TROUPE_SEED=9 plays only this one): not this one");
}

SCENARIO("what is no exception of the standard library passes unchanged") {
  CHECK_THROWS_AS(for_each_seed(1, 1, [](uint64_t) { throw 17; }), int);
}

SCENARIO("an environment variable chooses one seed") {
  std::vector<uint64_t> seen;
  ::setenv("TROUPE_SEED", "23", 1);
  for_each_seed(1, 10, [&](uint64_t seed) { seen.push_back(seed); });
  ::unsetenv("TROUPE_SEED");
  CHECK(seen == std::vector<uint64_t>{23});
}

SCENARIO("what has to hold always and does not fails the simulation") {
  sim_system world{1};
  CHECK_THROWS_WITH_AS(
      give(world, -1),
      doctest::Contains("does not hold: seeds: a number is not negative"),
      sim_failure);
}

SCENARIO("outside of a simulation, properties say nothing") {
  sim_system world{1};
  always<"seeds: this would fail">(false);
  sometimes<"seeds: a number is a multiple of five">(true);
  world.settle();
  CHECK(
      has(world.properties().never(), "seeds: a number is a multiple of five"));
}

SCENARIO("many seeds tell in how many of them something held") {
  auto report = for_each_seed(1, 12, [](uint64_t seed) {
    sim_system world{seed};
    give(world, static_cast<int>(seed));
    give(world, static_cast<int>(seed));
  });
  CHECK(report.text().find("    2 of  12  seeds: a number is a multiple of "
                           "five\n")
        != std::string::npos);
  CHECK(report.text().find("    1 of  12  seeds: seven\n")
        != std::string::npos);
  CHECK_FALSE(has(report.properties.never(), "seeds: seven"));
}

SCENARIO("seeds go on until everything has held, up to a limit") {
  auto play = [](uint64_t seed) {
    sim_system world{seed};
    give(world, static_cast<int>(seed));
  };
  auto seeds = [&](seed_options options) {
    return for_each_seed(1, 2, play, options).seeds;
  };
  CHECK(seeds({}) == 2);
  CHECK(seeds({.until_all_met = 20, .prefix = "seeds: "}) == 7);
  CHECK(seeds({.until_all_met = 6, .prefix = "seeds: "}) == 6);
  CHECK(seeds({.until_all_met = 20, .prefix = "never: "}) == 20);
}

SCENARIO("networks tell what their nodes came across") {
  auto report = for_each_seed(1, 4, [](uint64_t seed) {
    network net{seed, {.channels = 0}};
    net.add_nodes(4).connect(full_mesh(4));
    net.start();
    REQUIRE(net.run_until([&] { return net.meshed(); }, 60s));
    net.finish();
  });
  INFO(report.text("troupe: "));
  const auto never = report.properties.never("troupe: ");
  CHECK_FALSE(has(never, "troupe: of two simultaneous dials, the newer one "
                         "stays"));
  CHECK(has(never, "troupe: misconduct ends in a ban"));
}
