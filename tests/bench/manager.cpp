// SPDX-License-Identifier: Apache-2.0

// How the rules over many peers do. See `peers.cpp` for how to run it.
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "many_peers.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

/// As many dials at once as a node has by default.
constexpr size_t dials_at_once = 32;

/// When the manager begins, some time after its peers were last seen.
constexpr auto wall_start = some_time + 1h;
constexpr auto start = time_point{1000h};

std::vector<stored_peer> stored_peers(uint32_t count, wall_time retry_at) {
  std::vector<stored_peer> result;
  result.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    result.push_back(peer_of(i));
    for (auto& known : result.back().addresses)
      known.retry_at = retry_at;
  }
  return result;
}

/// A manager that may know that many peers. Waits are short, so that somebody
/// is always due.
peer_manager make_manager(uint32_t count, entropy& random) {
  auto made = peer_manager::make(id_of(UINT32_MAX),
                                 {.max_peers = count,
                                  .retry = {.max_retry_time = 1s,
                                            .max_retry_time_persistent = 1s,
                                            .retry_time_jitter = 500ms}},
                                 random);
  if (!made)
    fail(made.error());
  return std::move(*made);
}

/// A manager that knows as many peers as it may, each of which may be dialed.
class crowd {
public:
  explicit crowd(uint32_t count, wall_time retry_at = some_time)
    : size(count),
      core(make_manager(count, random_)) {
    const auto peers = stored_peers(count, retry_at);
    core.load(peers, now, wall_start);
    check_size();
  }

  void check_size() const {
    if (core.state().peers.records().size() != size)
      fail({errc::invalid_state, "there are not as many peers as there "
                                 "should be"});
  }

  /// Has a peer dialed. Time passes if nobody is due.
  node_address dial() {
    for (;;) {
      if (auto address = core.dial_next(now))
        return *address;
      auto next = core.next_wakeup();
      if (!next)
        fail({errc::invalid_state, "nobody is left to dial"});
      now = std::max(now, *next);
    }
  }

private:
  system_entropy random_;

public:
  uint32_t size;
  peer_manager core;
  time_point now = start;
};

crowd& shared_crowd() {
  static crowd all{many_peers};
  return all;
}

/// Takes over what a store holds.
void manager_load(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  const auto peers = stored_peers(count, some_time);
  system_entropy random;
  double bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto before = allocated();
    {
      auto core = make_manager(count, random);
      state.ResumeTiming();
      core.load(peers, start, wall_start);
      state.PauseTiming();
      if (core.state().peers.records().size() != count)
        fail({errc::invalid_state, "some peers are not there"});
      bytes = std::max(bytes, allocated() - before);
    }
    state.ResumeTiming();
  }
  state.counters["bytes_a_peer"] = bytes / count;
  state.SetItemsProcessed(state.iterations() * count);
}

/// Ranks peers, the best first, and says of each why it is not connected.
void manager_rank(benchmark::State& state) {
  auto& all = shared_crowd();
  const auto limit = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    auto found = all.core.list(limit, all.now);
    if (found.size() != limit)
      fail({errc::invalid_state, "the list is too short"});
    benchmark::DoNotOptimize(found);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// A peer behaves, and moves to its new place among all.
void manager_report(benchmark::State& state) {
  auto& all = shared_crowd();
  std::mt19937 random{1};
  for (auto _ : state) {
    state.PauseTiming();
    const auto id = id_of(random() % many_peers);
    state.ResumeTiming();
    if (all.core.report(id, peer_behaviour::useful_message, all.now)
        != errc::none)
      fail({errc::unknown_peer, "a report"});
  }
}

/// One of many dials at once fails, and the next begins: what a router asks of
/// the manager meanwhile.
void manager_dial(benchmark::State& state) {
  crowd all{static_cast<uint32_t>(state.range(0))};
  std::deque<node_address> dials;
  while (dials.size() < dials_at_once)
    dials.push_back(all.dial());
  for (auto _ : state) {
    all.now += 1ms;
    if (all.core.dial_failed(dials.front(), all.now) != errc::none)
      fail({errc::unknown_peer, "a failed dial"});
    dials.pop_front();
    benchmark::DoNotOptimize(all.core.next_wakeup());
    dials.push_back(all.dial());
  }
  all.check_size();
}

/// The waits of all peers end in the same moment.
void manager_all_due(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    {
      crowd all{static_cast<uint32_t>(state.range(0)), wall_start + 1s};
      if (all.core.dial_next(all.now))
        fail({errc::invalid_state, "a peer is due too early"});
      state.ResumeTiming();
      if (!all.core.dial_next(all.now + 2s))
        fail({errc::invalid_state, "no peer is due"});
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
}

/// Somebody tells about one more peer, and the worst one is forgotten.
void manager_prune(benchmark::State& state) {
  crowd all{static_cast<uint32_t>(state.range(0))};
  auto number = all.size;
  for (auto _ : state) {
    state.PauseTiming();
    const auto address = peer_of(number++).addresses.front().address;
    state.ResumeTiming();
    benchmark::DoNotOptimize(all.core.add(address));
  }
  all.check_size();
}

/// Hands over what changed about so many peers, for a store.
void manager_take_changes(benchmark::State& state) {
  auto& all = shared_crowd();
  const auto size = static_cast<uint32_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    static_cast<void>(all.core.take_changes(all.now, wall_start));
    for (uint32_t i = 0; i < size; ++i)
      static_cast<void>(
          all.core.report(id_of(i), peer_behaviour::useful_message, all.now));
    state.ResumeTiming();
    auto changes = all.core.take_changes(all.now, wall_start);
    if (changes.put.size() != size)
      fail({errc::invalid_state, "some changes are missing"});
    benchmark::DoNotOptimize(changes);
  }
  state.SetItemsProcessed(state.iterations() * size);
}

} // namespace

// Once with few peers and once with many, so that one can see how costs grow.
constexpr uint32_t few_peers = 1'000;

BENCHMARK(manager_load)
    ->Arg(few_peers)
    ->Arg(many_peers)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(manager_rank)
    ->Arg(100)
    ->Arg(many_peers)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(manager_report)->Unit(benchmark::kMicrosecond);
BENCHMARK(manager_dial)
    ->Arg(few_peers)
    ->Arg(many_peers)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(manager_all_due)
    ->Arg(few_peers)
    ->Arg(many_peers)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(manager_prune)
    ->Arg(few_peers)
    ->Arg(many_peers)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(manager_take_changes)
    ->Arg(100)
    ->Arg(many_peers)
    ->Unit(benchmark::kMillisecond);
