// SPDX-License-Identifier: Apache-2.0
//
// What others measure of theirs, of Troupe, in the same shapes. See
// tests/bench/README.md.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "flow.hpp"
#include "ledger.hpp"
#include "troupe/messages/heap_policy.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe::shapes {

namespace {

using namespace std::chrono_literals;

constexpr channel_id first_channel = 0x70;

constexpr size_t kib = 1024;

/// How long what takes a time and not an amount does: long enough that the
/// first messages do not count.
constexpr auto phase = 2s;

void say(std::string_view what, std::string_view result) {
  fmt::print("{:44} {}\n", what, result);
  std::fflush(stdout);
}

std::string size_text(size_t size) {
  if (size < kib)
    return fmt::format("{}b", size);
  if (size < kib * kib)
    return fmt::format("{}kb", size / kib);
  return fmt::format("{}mb", size / kib / kib);
}

// -- CometBFT's TestBench -----------------------------------------------------

/// Two nodes, or one and seven others. Where CometBFT has so many threads that
/// send, so many messages are on their way to the connection at once; where it
/// sleeps in its reactor, ours answers later.
struct comet_case {
  size_t size;
  size_t in_flight;
  std::chrono::milliseconds processing;

  [[nodiscard]] std::string text(std::string_view kind) const {
    return fmt::format(
        "{}.msg-{}.cc-{}.delay-{}", kind, size_text(size), in_flight,
        processing == 0ms ? "no" : fmt::format("{}ms", processing.count()));
  }
};

/// What a drain sends in all. CometBFT takes 1 GiB.
constexpr uint64_t drained = size_t{256} * kib * kib;

void comet_send(caf::actor_system& sys, const comet_case& what) {
  ledger got;
  roll_call peers;
  network nodes{sys, 1};
  spawn_sink(sys, nodes.first(), first_channel, got, what.processing);
  auto source = spawn_source(sys, nodes.add(), first_channel, peers);
  peers.await(1);
  got.begin();
  start(source, {.size = what.size, .in_flight = what.in_flight});
  std::this_thread::sleep_for(phase);
  stop(source);
  say(what.text("send-timeframe"), text_of(got.take()));
  if (what.processing > 0ms)
    return; // It would take what the amount takes, times the delay.
  std::this_thread::sleep_for(500ms);
  got.begin();
  const auto count = drained / what.size;
  start(source,
        {.size = what.size, .in_flight = what.in_flight, .messages = count});
  say(what.text("send-drain"), text_of(got.await(count)));
  stop(source);
}

void comet_broadcast(caf::actor_system& sys, const comet_case& what) {
  constexpr size_t others = 7;
  ledger got;
  roll_call peers;
  network nodes{sys, 1};
  auto source = spawn_source(sys, nodes.first(), first_channel, peers);
  for (size_t i = 0; i < others; ++i)
    spawn_sink(sys, nodes.add(), first_channel, got, what.processing);
  peers.await(others);
  got.begin();
  const auto count = drained / others / what.size;
  start(source, {.size = what.size, .messages = count, .broadcast = true});
  say(what.text("broadcast-drain"), text_of(got.await(count * others)));
  stop(source);
}

void comet(caf::actor_system& sys) {
  for (auto processing : {0ms, 20ms})
    for (size_t size : {1, 8, 64, 512})
      for (size_t in_flight : {1, 8, 16})
        comet_send(sys, {size * kib, in_flight, processing});
  for (size_t size : {1, 8, 64, 512})
    comet_broadcast(sys, {size * kib, 1, 0ms});
}

// -- Artery of Pekko ----------------------------------------------------------

void artery_latency(caf::actor_system& sys) {
  ledger got;
  roll_call peers;
  network nodes{sys, 1};
  spawn_echo(sys, nodes.first(), first_channel);
  auto caller = spawn_caller(sys, nodes.add(), first_channel, peers, got);
  peers.await(1);
  for (uint64_t rate : {100, 1000, 2000, 5000, 10'000, 20'000}) {
    got.begin();
    start_calls(caller, 100, rate);
    std::this_thread::sleep_for(phase);
    stop(caller);
    std::this_thread::sleep_for(100ms);
    say(fmt::format("latency, 100 B, {} msg/s, round trip", rate),
        percentiles(got.take().latencies));
  }
}

/// From one system to another, by so many pairs of actors.
void artery_pairs(caf::actor_system& sys, size_t pairs, size_t size) {
  ledger got;
  roll_call peers;
  network nodes{sys, pairs};
  auto channel
      = [](size_t i) { return static_cast<channel_id>(first_channel + i); };
  for (size_t i = 0; i < pairs; ++i)
    spawn_sink(sys, nodes.first(), channel(i), got);
  const auto other = nodes.add();
  std::vector<caf::actor> sources;
  for (size_t i = 0; i < pairs; ++i)
    sources.push_back(spawn_source(sys, other, channel(i), peers));
  peers.await(pairs);
  got.begin();
  for (const auto& source : sources)
    start(source, {.size = size, .in_flight = 256});
  std::this_thread::sleep_for(phase);
  for (const auto& source : sources)
    stop(source);
  say(fmt::format("throughput, {0} to {0}, {1} B", pairs, size),
      text_of(got.take()));
}

/// From five systems to one.
void artery_fan_in(caf::actor_system& sys, size_t size) {
  constexpr size_t senders = 5;
  ledger got;
  roll_call peers;
  network nodes{sys, 1};
  spawn_sink(sys, nodes.first(), first_channel, got);
  std::vector<caf::actor> sources;
  for (size_t i = 0; i < senders; ++i)
    sources.push_back(spawn_source(sys, nodes.add(), first_channel, peers));
  peers.await(senders);
  got.begin();
  for (const auto& source : sources)
    start(source, {.size = size, .in_flight = 256});
  std::this_thread::sleep_for(phase);
  for (const auto& source : sources)
    stop(source);
  say(fmt::format("throughput, {} to 1, {} B", senders, size),
      text_of(got.take()));
}

void artery(caf::actor_system& sys) {
  artery_latency(sys);
  for (size_t size : {100, 1000, 10'000}) {
    artery_pairs(sys, 1, size);
    artery_pairs(sys, 5, size);
    artery_fan_in(sys, size);
  }
}

// -- notifications of Polkadot ------------------------------------------------

void notifications(caf::actor_system& sys) {
  for (size_t exponent : {6, 9, 12, 15, 18, 21, 24}) {
    const auto size = size_t{1} << exponent;
    const auto count
        = std::clamp<uint64_t>((size_t{64} << 20) / size, 10, 5000);
    for (auto serially : {true, false}) {
      ledger got;
      roll_call peers;
      network nodes{sys, 1};
      auto source = spawn_source(sys, nodes.first(), first_channel, peers);
      // The next one follows upon the last one, or there are enough on the way.
      spawn_sink(sys, nodes.add(), first_channel, got, 0ns,
                 serially ? source : nullptr);
      peers.await(1);
      got.begin();
      const auto in_flight
          = serially ? 1 : std::clamp<size_t>(32 * kib * kib / size, 1, 64);
      start(source, {.size = size,
                     .in_flight = in_flight,
                     .messages = count,
                     .serially = serially});
      say(fmt::format("{}, 2^{} B", serially ? "serially" : "with backpressure",
                      exponent),
          text_of(got.await(count)));
      stop(source);
    }
  }
}

} // namespace

} // namespace troupe::shapes

int main(int argc, char** argv) {
  using namespace troupe::shapes;
  const auto which = std::string_view{argc > 1 ? argv[1] : ""};
  const auto all = which.empty();
  if (argc > 2
      || !(all || which == "comet" || which == "artery"
           || which == "notifications")) {
    fmt::print(stderr,
               "usage: troupe_bench_shapes [comet|artery|notifications]\n");
    return 2;
  }
  troupe::keep_heap_small();
  caf::core::init_global_meta_objects();
  caf::io::middleman::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system sys{config};
  if (all || which == "comet")
    comet(sys);
  if (all || which == "artery")
    artery(sys);
  if (all || which == "notifications")
    notifications(sys);
}
