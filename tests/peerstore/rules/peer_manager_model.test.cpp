// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "model_caller.hpp"
#include "troupe/messages/sanitized.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

peer_manager_options options_for(uint64_t seed) {
  peer_manager_options options;
  options.dial_deadline = 3s;
  options.probe_time = 1s;
  options.retry.max_retry_time = 30s;
  options.retry.max_retry_time_persistent = 10s;
  options.max_addresses = addresses_per_peer - 1;
  options.unconditional_peers = {peer('u')};
  options.blocked_peers = {peer('y')};
  options.private_peers = {peer('s')};
  options.bans.min_ban_time = 5s;
  options.bans.max_ban_time = 20s;
  options.score.half_life = 20s;
  options.score.fatal_memory = 10s;
  if (seed % 2 == 0)
    options.persistent_peers = {address('c'), address('o'), address('m')};
  const std::optional<size_t> max_connected[] = {{}, 2, 5, 9};
  const std::optional<size_t> max_part[] = {{}, 2, 1};
  options.max_connected = max_connected[seed % 4];
  options.max_connected_upgrade = seed % 3;
  options.max_outgoing = max_part[seed % 3];
  options.max_incoming = max_part[seed / 3 % 3];
  options.max_visitors = seed / 4 % 3;
  if (seed % 5 == 0)
    options.max_peers = 13;
  return options;
}

/// A million, or what TROUPE_MODEL_STEPS says; a twentieth of it where a
/// sanitizer makes everything slow.
uint64_t steps_wanted() {
  if (const auto* text = std::getenv("TROUPE_MODEL_STEPS"))
    return std::strtoull(text, nullptr, 10);
  return sanitized ? 50'000 : 1'000'000;
}

} // namespace

TEST_CASE("whatever happens in whatever order, the invariants hold") {
  size_t refusals = 0, replacements = 0, expiries = 0, admissions = 0,
         evictions = 0, bans = 0, upgrades = 0, sleeps = 0, learned = 0,
         visits = 0, better_protocols = 0;
  auto steps = steps_wanted();
  MESSAGE(steps, " steps");
  constexpr uint64_t seeds = 40;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    caller books{options_for(seed), seed};
    for (uint64_t i = 0; i < steps / seeds; ++i) {
      CAPTURE(i);
      books.step();
      books.check();
      if (i % 64 == 0)
        books.inspect();
    }
    refusals += books.refusals;
    replacements += books.replacements;
    expiries += books.expiries;
    admissions += books.admissions;
    evictions += books.evictions;
    bans += books.bans;
    upgrades += books.upgrades;
    sleeps += books.sleeps;
    learned += books.learned;
    visits += books.visits;
    better_protocols += books.better_protocols;
  }
  // The game went everywhere.
  CHECK(refusals > steps / 100);
  CHECK(replacements > steps / 10'000);
  CHECK(better_protocols > steps / 100'000);
  CHECK(expiries > steps / 10'000);
  CHECK(admissions > steps / 100);
  CHECK(evictions > steps / 200);
  CHECK(bans > steps / 1000);
  CHECK(upgrades > steps / 10'000);
  CHECK(sleeps > steps / 100);
  CHECK(learned > steps / 1000);
  CHECK(visits > steps / 1000);
}
