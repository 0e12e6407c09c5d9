// SPDX-License-Identifier: Apache-2.0
//
// How many peers do, in a store and under the rules of the peer manager:
//
//     troupe_bench_peers [--benchmark_filter=REGEX]
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "many_peers.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;

constexpr uint32_t peers_stored = many_peers;

/// A store of `peers_stored` peers that goes away with the program.
class big_store {
public:
  big_store() {
    auto name
        = (std::filesystem::temp_directory_path() / "troupe.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      fail({errc::file_error, "no temporary folder"});
    folder_ = name;
    store_changes all;
    for (uint32_t i = 0; i < peers_stored; ++i)
      all.put.push_back(peer_of(i));
    open();
    if (auto bad = store_->commit(all); bad.code != errc::none)
      fail(bad);
    open();
  }

  ~big_store() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  big_store(const big_store&) = delete;

  big_store& operator=(const big_store&) = delete;

  /// Closes the store and opens it, with all its checks.
  void open() {
    store_.reset();
    auto opened = sqlite_store::open({.path = file()});
    if (!opened)
      fail(opened.error());
    store_ = std::move(*opened);
  }

  peer_store& store() {
    return *store_;
  }

  [[nodiscard]] double file_size() const {
    return static_cast<double>(std::filesystem::file_size(file()));
  }

private:
  [[nodiscard]] std::filesystem::path file() const {
    return folder_ / "peers.db";
  }

  std::filesystem::path folder_;
  std::unique_ptr<peer_store> store_;
};

big_store& shared_store() {
  static big_store store;
  return store;
}

void open_store(benchmark::State& state) {
  auto& store = shared_store();
  for (auto _ : state)
    store.open();
  state.counters["file_bytes"] = store.file_size();
}

void load_peers(benchmark::State& state) {
  auto& store = shared_store();
  double bytes = 0;
  for (auto _ : state) {
    const auto before = allocated();
    auto found = store.store().load();
    if (!found)
      fail(found.error());
    if (found->peers.size() != peers_stored)
      fail({errc::store_failed, "some peers are not there"});
    bytes = std::max(bytes, allocated() - before);
  }
  state.counters["bytes_a_peer"] = bytes / peers_stored;
  state.SetItemsProcessed(state.iterations() * peers_stored);
}

void commit_changes(benchmark::State& state) {
  auto& store = shared_store();
  std::mt19937 random{1};
  const auto size = static_cast<uint32_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    store_changes changes;
    // Consecutive numbers are scattered IDs.
    auto number = random() % peers_stored;
    for (uint32_t i = 0; i < size; ++i)
      changes.put.push_back(
          peer_of(static_cast<uint32_t>((number + i) % peers_stored)));
    state.ResumeTiming();
    if (auto bad = store.store().commit(changes); bad.code != errc::none)
      fail(bad);
  }
  state.SetItemsProcessed(state.iterations() * size);
}

} // namespace

BENCHMARK(load_peers)->Unit(benchmark::kMillisecond);
BENCHMARK(open_store)->Unit(benchmark::kMillisecond);
BENCHMARK(commit_changes)
    ->Arg(1)
    ->Arg(100)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

BENCHMARK_MAIN();
