// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/seeds.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include <fmt/format.h>

namespace troupe::testing {

namespace {

constinit thread_local property_collector* current = nullptr;

std::string name_of(uint64_t seed) {
  return fmt::format("seed {} (TROUPE_SEED={} plays only this one)", seed,
                     seed);
}

void play_one(uint64_t seed, const std::function<void(uint64_t)>& play) {
  try {
    play(seed);
  } catch (const sim_failure& problem) {
    throw sim_failure{problem.problem(), seed,
                      fmt::format("{}: {}", name_of(seed), problem.what())};
  } catch (const std::exception& problem) {
    throw sim_failure{problem.what(), seed,
                      fmt::format("{}: {}", name_of(seed), problem.what())};
  } catch (...) {
    // A framework's own: only that framework knows what it says.
    fmt::print(stderr, "{} failed\n", name_of(seed));
    throw;
  }
}

} // namespace

property_collector::property_collector()
  : previous_(std::exchange(current, this)) {
  // nop
}

property_collector::~property_collector() {
  current = previous_;
}

void property_collector::collect(const property_tally& run) {
  if (current != nullptr)
    current->tally_.add_run(run);
}

seed_report for_each_seed(uint64_t first, uint64_t count,
                          const std::function<void(uint64_t)>& play,
                          const seed_options& options) {
  seed_report result;
  auto most = std::max(count, options.until_all_met);
  if (const auto* only = std::getenv("TROUPE_SEED")) {
    first = std::strtoull(only, nullptr, 10);
    count = most = 1;
  }
  while (result.seeds < count
         || (result.seeds < most
             && !result.properties.never(options.prefix).empty())) {
    auto run = property_collector{};
    play_one(first + result.seeds, play);
    ++result.seeds;
    result.properties.add_run(run.tally());
  }
  return result;
}

} // namespace troupe::testing
