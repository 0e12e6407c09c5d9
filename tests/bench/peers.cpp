// SPDX-License-Identifier: Apache-2.0
//
// How a store of many peers does:
//
//     troupe_bench_peers [--benchmark_filter=REGEX]
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include "troupe/peerstore/sqlite_store.hpp"

namespace {

using namespace troupe;

constexpr uint32_t peers_stored = 100'000;

[[noreturn]] void fail(const failure& why) {
  std::fprintf(stderr, "bench: %s\n", to_string(why).c_str());
  std::exit(1);
}

node_id id_of(uint32_t number) {
  // Scattered like hashes.
  std::mt19937_64 scatter{number};
  std::array<std::byte, node_id::size> raw;
  for (auto& x : raw)
    x = static_cast<std::byte>(scatter() & 0xff);
  return node_id{raw};
}

/// A peer as a node knows most: two addresses, a history.
stored_peer peer_of(uint32_t number) {
  constexpr auto some_time = wall_time{std::chrono::seconds{1'900'000'000}};
  const auto id = id_of(number);
  stored_peer peer{.id = id,
                   .score_milli = number,
                   .scored_at = some_time,
                   .last_connected = some_time,
                   .last_disconnected = some_time};
  for (uint16_t port : {26656, 26666})
    peer.addresses.push_back(
        {.address = {.protocol = "mconn",
                     .id = id,
                     .hostname = fmt::format("10.{}.{}.{}", number >> 16 & 255,
                                             number >> 8 & 255, number & 255),
                     .port = port},
         .failures = number % 7,
         .retry_at = some_time,
         .last_success = some_time,
         .last_failure = some_time});
  return peer;
}

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

/// Memory that is allocated now, in bytes.
double allocated() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
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

// The rules over 100,000 peers (ranking, whom to dial, pruning) belong here,
// too.
BENCHMARK(load_peers)->Unit(benchmark::kMillisecond);
BENCHMARK(open_store)->Unit(benchmark::kMillisecond);
BENCHMARK(commit_changes)
    ->Arg(1)
    ->Arg(100)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

BENCHMARK_MAIN();
