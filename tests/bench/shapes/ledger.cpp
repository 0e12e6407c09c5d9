// SPDX-License-Identifier: Apache-2.0
#include "ledger.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <time.h>

namespace troupe::shapes {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

} // namespace

void give_up(std::string_view why) {
  fmt::print(stderr, "troupe_bench_shapes: {}\n", why);
  std::exit(1);
}

double now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

std::string percentiles(std::vector<double> times) {
  if (times.empty())
    return "nothing arrived";
  std::sort(times.begin(), times.end());
  auto at = [&times](double part) {
    const auto index
        = static_cast<size_t>(static_cast<double>(times.size()) * part);
    return times[std::min(times.size() - 1, index)] * 1e3;
  };
  return fmt::format("p50 {:.3f}, p90 {:.3f}, p99 {:.3f} ms", at(0.5), at(0.9),
                     at(0.99));
}

std::string text_of(const arrivals& what) {
  const auto seconds = std::max(what.seconds, 1e-9);
  return fmt::format("{:9.0f} msg/s, {:7.1f} MB/s; {}",
                     static_cast<double>(what.messages) / seconds,
                     static_cast<double>(what.bytes) / seconds / 1e6,
                     percentiles(what.latencies));
}

void ledger::begin() {
  auto guard = std::lock_guard{mutex_};
  got_ = {};
  begin_ = last_ = now();
}

void ledger::arrived(size_t bytes, double latency) {
  auto guard = std::lock_guard{mutex_};
  ++got_.messages;
  got_.bytes += bytes;
  got_.latencies.push_back(latency);
  last_ = now();
  changed_.notify_one();
}

arrivals ledger::await(uint64_t messages) {
  auto guard = std::unique_lock{mutex_};
  if (!changed_.wait_for(guard, patience,
                         [&] { return got_.messages >= messages; }))
    give_up("messages are missing");
  guard.unlock();
  return take();
}

arrivals ledger::take() {
  auto guard = std::lock_guard{mutex_};
  got_.seconds = last_ - begin_;
  return std::exchange(got_, {});
}

void roll_call::came() {
  auto guard = std::lock_guard{mutex_};
  ++peers_;
  changed_.notify_one();
}

void roll_call::await(size_t peers) {
  auto guard = std::unique_lock{mutex_};
  if (!changed_.wait_for(guard, patience, [&] { return peers_ >= peers; }))
    give_up("the nodes do not find each other");
}

} // namespace troupe::shapes
