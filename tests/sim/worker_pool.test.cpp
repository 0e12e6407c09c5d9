// SPDX-License-Identifier: Apache-2.0
#include "worker_pool.hpp"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace troupe;
using namespace troupe::testing;

namespace {

worker_pool::source up_to(uint64_t last) {
  return [next = uint64_t{0}, last]() mutable -> std::optional<uint64_t> {
    return next < last ? std::optional{++next} : std::nullopt;
  };
}

/// Plays the seeds from 1 to `last`.
std::map<uint64_t, scenario_result> play(unsigned workers, uint64_t last,
                                         const worker_pool::player& player) {
  std::map<uint64_t, scenario_result> result;
  worker_pool{workers, player}.run(
      up_to(last), [&](uint64_t seed, const scenario_result& what) {
        CHECK(result.emplace(seed, what).second);
      });
  return result;
}

[[maybe_unused]] void places() {
  sometimes<"pool: the seed is even">(true);
}

const property& even() {
  for (const auto* each : property::all())
    if (each->text() == "pool: the seed is even")
      return *each;
  throw std::logic_error{"no such property"};
}

scenario_result honest(uint64_t seed) {
  scenario_result result;
  result.hash = 1000 + seed;
  result.entries = seed;
  result.simulated = duration{-1};
  if (seed == 3)
    result.failure = std::string(200'000, 'x');
  if (seed % 2 == 0)
    result.properties.add(even());
  return result;
}

} // namespace

SCENARIO("each seed is played once, and all of its result comes back") {
  for (unsigned workers : {1u, 3u, 20u}) {
    CAPTURE(workers);
    auto found = play(workers, 10, honest);
    REQUIRE(found.size() == 10);
    for (const auto& [seed, what] : found) {
      CHECK(what.hash == 1000 + seed);
      CHECK(what.entries == seed);
      CHECK(what.simulated == duration{-1});
      CHECK(what.failure.has_value() == (seed == 3));
      CHECK(what.properties.times(even()) == (seed % 2 == 0 ? 1 : 0));
    }
    CHECK(found.at(3).failure->size() == 200'000);
  }
}

SCENARIO("a seed that ends its process has failed, and the others go on") {
  auto deadly = [](uint64_t seed) {
    if (seed == 4)
      ::_exit(7);
    if (seed == 6)
      ::kill(::getpid(), SIGKILL);
    return honest(seed);
  };
  auto found = play(2, 10, deadly);
  REQUIRE(found.size() == 10);
  REQUIRE(found.at(4).failure);
  CHECK(*found.at(4).failure == "the process ended with status 7");
  REQUIRE(found.at(6).failure);
  CHECK(found.at(6).failure->find("the process ended with signal 9") == 0);
  CHECK_FALSE(found.at(5).failure);
  CHECK_FALSE(found.at(10).failure);
}

SCENARIO("an orderly process that ends with an error fails the last seed") {
  auto leaky = [](uint64_t seed) {
    if (seed == 2)
      std::atexit([] { ::_exit(23); });
    return honest(seed);
  };
  std::vector<std::string> failures;
  worker_pool{1, leaky}.run(up_to(2),
                            [&](uint64_t, const scenario_result& what) {
                              if (what.failure)
                                failures.push_back(*what.failure);
                            });
  CHECK(failures
        == std::vector<std::string>{"the process ended with status 23"});
}
