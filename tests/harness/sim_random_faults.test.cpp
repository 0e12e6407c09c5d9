// SPDX-License-Identifier: Apache-2.0
//
// A simulated network under faults that a seed decides.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "troupe/tests/harness/sim_network.test.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;

using kind = sim_event::kind;

namespace {

/// Everybody talks to everybody, with faults, for a minute.
uint64_t random_run(uint64_t seed) {
  sim_network_options options;
  options.link.latency = sim_latency::long_tail(20ms, 2s);
  options.link.bandwidth = 200'000;
  options.link.refuse_per_mille = 50;
  options.link.ignore_per_mille = 50;
  options.link.give_up = 10s;
  sim_world w{seed, options};
  sim_random random{seed};
  const auto hosts = std::vector{w.a, w.b, w.c};
  std::vector<std::unique_ptr<sim_user>> users;
  std::map<sim_host, sim_listener> listeners;
  auto listen = [&](sim_host host) {
    if (auto where = w.network.listen(host, 1000, [] {}))
      listeners.insert_or_assign(host, *where);
  };
  auto any = [&] { return hosts[random.below(hosts.size())]; };
  for (auto host : hosts)
    listen(host);
  for (int i = 0; i < 600; ++i) {
    w.run_for(random.between(0ms, 200ms));
    switch (random.below(12)) {
      case 0:
        w.network.dial(any(), {w.network.topology().ip_of(any()), 1000}, w.now,
                       [&](result<sim_socket> x) {
                         if (x)
                           users.push_back(std::make_unique<sim_user>(
                               w.network, *x, w.now));
                       });
        break;
      case 1:
        for (const auto& [host, where] : listeners)
          if (auto socket = w.network.accept(where))
            users.push_back(
                std::make_unique<sim_user>(w.network, *socket, w.now));
        break;
      case 2:
        if (random.chance(300))
          w.network.isolate({any()}, w.now);
        else
          w.network.heal(w.now);
        break;
      case 3:
        w.network.reset_all(any(), any(), w.now);
        break;
      case 4:
        if (auto host = any(); random.chance(300)) {
          w.network.crash(host, w.now);
        } else {
          w.network.restart(host, w.now);
          listen(host);
        }
        break;
      case 5:
        w.network.stall(any(), any(), random.between(0s, 5s), w.now);
        break;
      case 6:
        if (!users.empty() && random.chance(300)) {
          auto i = random.below(users.size());
          w.network.close(users[i]->socket, w.now);
          users.erase(users.begin() + static_cast<ptrdiff_t>(i));
        }
        break;
      default:
        if (!users.empty())
          users[random.below(users.size())]->say(
              std::string(1 + random.below(30'000), 'x'));
        break;
    }
  }
  for (const auto& [host, where] : listeners)
    w.network.close_listener(where, w.now);
  w.network.heal(w.now);
  // Dials that are still under way may yet connect.
  w.run_for(5min);
  for (auto& x : users)
    w.network.close(x->socket, w.now);
  users.clear();
  w.run_for(5min);
  // Whatever happened, nothing is left of it.
  CHECK(w.network.connections() == 0);
  CHECK_FALSE(w.network.next_event());
  CHECK(w.seen.count(kind::bytes_arrived) > 0);
  return w.seen.hash.value();
}

} // namespace

TEST_CASE("a run is a function of its seed, and leaves nothing behind") {
  std::map<uint64_t, uint64_t> seen;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const auto hash = random_run(seed);
    CHECK(hash == random_run(seed));
    CHECK(seen.emplace(hash, seed).second);
  }
}
