// SPDX-License-Identifier: Apache-2.0
//
// What attackers do to a node and to its honest peers. An honest client pings
// the node 20 times a second from this process; the node, the attackers and, as
// a control, a node that nobody looks at, which gets the same attack, are other
// processes: what the attack costs the machine shows in the control, what it
// costs the node shows in the difference.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "child.hpp"
#include "fortress.hpp"
#include "honest_client.hpp"
#include "raider.hpp"
#include "raids.hpp"
#include "troupe/messages/heap_policy.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

/// How long an attack goes on: until the last ping was sent.
constexpr auto attack_span = siege_phase + 2s;

/// How long a node gets to be done with the connections of an attacker, and
/// where it waits for them, as long as a handshake may take.
constexpr auto short_rest = 2s;
constexpr auto long_rest = 12s;

/// How long all of it may take.
constexpr auto time_max = 12min;

/// Ends the program when its time is up.
void limit_time() {
  std::signal(SIGALRM, [](int) {
    constexpr std::string_view text = "siege: it takes too long\n";
    if (write(STDERR_FILENO, text.data(), text.size()) >= 0)
      _exit(1);
    _exit(2);
  });
  alarm(static_cast<unsigned>(std::chrono::seconds{time_max}.count()));
}

// -- what has to hold ---------------------------------------------------------

std::vector<std::string> broken;

void check(const std::string& what, double value, double limit,
           const char* unit) {
  const auto holds = value < limit;
  fmt::print("    {:<36} {:10.2f} {:<3} (below {} {}){}\n", what, value, unit,
             limit, unit, holds ? "" : "  BROKEN");
  if (!holds)
    broken.push_back(what);
}

double mib(size_t kib) {
  return static_cast<double>(kib) / 1024;
}

/// The figures that an attack must not reach. 0: for people to judge.
struct limits {
  double p99_ms = 0;
  double memory_mb = 0;
  /// Of that, what is left when the attackers have gone.
  double kept_mb = 0;
  /// The same of what the program has allocated: what was taken in small pieces
  /// stays with the process, for the next time.
  double kept_heap_mb = 0;
  double log_lines = 0;
  /// Bytes that come back for each that is sent by those who have not shown
  /// that they are where they say they are.
  double amplification = 0;
  std::chrono::seconds rest = short_rest;
};

std::vector<std::string> order(const std::string& kind, uint16_t port,
                               size_t count, std::chrono::milliseconds span) {
  return {"attack", kind, std::to_string(port), std::to_string(count),
          std::to_string(span.count())};
}

void expect_all(const std::string& connected, size_t count) {
  fmt::print("    {} of {} attackers connected\n", connected, count);
  if (std::stoul(connected) != count)
    broken.push_back("attackers connected");
}

/// An attack that the node has only to wait out proves nothing.
void expect_action(const std::string& summary, size_t count) {
  fmt::print("    {}\n", summary);
  if (std::stoul(summary) < count)
    broken.push_back("messages of attackers");
}

struct siege_step {
  std::string kind;
  size_t count;
  limits most = {};
  std::string protocol = "mconn";
};

void besiege(caf::actor_system& sys, const siege_step& what) {
  const auto& [kind, count, most, protocol] = what;
  fmt::print("{}, {} of them, {}:\n", kind, count, protocol);
  fortress target{protocol};
  fortress other{protocol};
  honest_client client{sys, target.address()};
  auto run = [&](const char* name, fortress& victim) {
    child raiders{order(kind, victim.port(), count, attack_span)};
    expect_all(raiders.read_line(), count);
    auto trips = client.run_phase();
    expect_action(raiders.read_line(), count);
    if (most.amplification > 0)
      check(fmt::format("{}, {}: bytes back for a byte", kind, name),
            std::stod(raiders.read_line()), most.amplification, "");
    fmt::print("    {:<8} pings {:3}, lost {}, median {:8.2f}, 99 % {:8.2f}, "
               "max {:8.2f} ms\n",
               name, trips.times.size(), trips.lost, trips.percentile(0.5),
               trips.percentile(0.99), trips.percentile(1));
    return trips;
  };
  run("control", other);
  const auto before = target.look();
  target.forget_peak();
  auto trips = run("attack", target);
  std::this_thread::sleep_for(most.rest);
  const auto state = target.look();
  fmt::print("    node: {:.1f} MiB before, {:.1f} at most, {:.1f} after; heap "
             "{:.1f} MB, {:.1f}; {} lines of log\n",
             mib(before.resident_kib), mib(state.resident_peak_kib),
             mib(state.resident_kib),
             static_cast<double>(before.heap_bytes) / 1e6,
             static_cast<double>(state.heap_bytes) / 1e6,
             state.log_lines - before.log_lines);
  if (most.p99_ms > 0)
    check(fmt::format("{} {}: 99 % of the honest pings", count, kind),
          trips.percentile(0.99), most.p99_ms, "ms");
  if (most.memory_mb > 0)
    check(fmt::format("{} {}: memory of the node", count, kind),
          static_cast<double>(state.resident_peak_kib) * 1024 / 1e6,
          most.memory_mb, "MB");
  if (most.kept_mb > 0)
    check(fmt::format("{} {}: kept by the node", count, kind),
          (static_cast<double>(state.resident_kib)
           - static_cast<double>(before.resident_kib))
              * 1024 / 1e6,
          most.kept_mb, "MB");
  if (most.kept_heap_mb > 0)
    check(fmt::format("{} {}: heap kept by the node", count, kind),
          (static_cast<double>(state.heap_bytes)
           - static_cast<double>(before.heap_bytes))
              / 1e6,
          most.kept_heap_mb, "MB");
  if (most.log_lines > 0)
    check(fmt::format("{} {}: lines of log", count, kind),
          static_cast<double>(state.log_lines - before.log_lines),
          most.log_lines, "");
}

/// What connections leave behind that are gone: heap, over the last quarter.
void come_and_go(const std::string& kind, size_t count) {
  fmt::print("{}, {} connections that come and go:\n", kind, count);
  fortress target;
  size_t good = 0;
  auto run = [&](size_t some) {
    child raiders{order(kind, target.port(), some, 0s)};
    good += std::stoul(raiders.read_line());
    raiders.read_line();
    std::this_thread::sleep_for(short_rest);
    return target.look();
  };
  const auto first = target.look();
  const auto before = run(count - count / 4);
  const auto after = run(count / 4);
  expect_all(std::to_string(good), count);
  fmt::print("    node: heap {:.2f} MB, {:.2f}, {:.2f}; resident {:.1f} MiB, "
             "{:.1f}, {:.1f}\n",
             static_cast<double>(first.heap_bytes) / 1e6,
             static_cast<double>(before.heap_bytes) / 1e6,
             static_cast<double>(after.heap_bytes) / 1e6,
             mib(first.resident_kib), mib(before.resident_kib),
             mib(after.resident_kib));
  check(kind + ": left by each connection",
        (static_cast<double>(after.heap_bytes)
         - static_cast<double>(before.heap_bytes))
            / static_cast<double>(count / 4) / 1000,
        0.2, "kB");
}

const std::vector<siege_step>& steps() {
  static const std::vector<siege_step> result{
      {"pings", 1},
      {"pings", 4},
      {"pings", 32, {.p99_ms = 100}},
      {"deaf", 32},
      {"groups", 24, {.p99_ms = 200, .memory_mb = 300, .kept_mb = 30}},
      {"entries", 24, {.p99_ms = 200, .memory_mb = 300, .kept_mb = 30}},
      {"large", 24, {.memory_mb = 400, .kept_mb = 30}},
      {"malformed", 4, {.log_lines = 2000}},
      {"halves", 64, {.memory_mb = 325, .kept_mb = 30}},
#ifdef TROUPE_HAVE_QUIC
      {"initials",
       2000,
       {.p99_ms = 200, .memory_mb = 300, .kept_heap_mb = 5, .amplification = 3},
       "quic"},
      {"stops",
       512,
       {.p99_ms = 200,
        .memory_mb = 300,
        .kept_heap_mb = 5,
        .amplification = 3,
        .rest = long_rest},
       "quic"},
      {"streams",
       64,
       {.p99_ms = 200, .memory_mb = 325, .kept_heap_mb = 5},
       "quic"},
#endif
  };
  return result;
}

int run(caf::actor_system& sys, const std::string& only) {
  auto chosen = [&only](const std::string& kind) {
    return only.empty() || only == kind;
  };
  for (const auto& step : steps())
    if (chosen(step.kind))
      besiege(sys, step);
  if (chosen("garbage"))
    come_and_go("garbage", 20'000);
  if (chosen("visits"))
    come_and_go("visits", 2'000);
  for (const auto& what : broken)
    fmt::print("BROKEN: {}\n", what);
  return broken.empty() ? 0 : 1;
}

} // namespace

/// troupe_siege_bench [KIND]
int main(int argc, char** argv) {
  // A line at a time, wherever it goes.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 5 && words[0] == "attack") {
    const raid what{words[1], static_cast<uint16_t>(std::stoul(words[2])),
                    std::stoul(words[3]),
                    std::chrono::milliseconds{std::stol(words[4])}};
#ifdef TROUPE_HAVE_QUIC
    if (attack_over_udp(what))
      return 0;
#endif
    return attack(what) ? 0 : 2;
  }
  const auto holds = words.size() == 2 && words[0] == "hold";
  if (!holds)
    limit_time();
  // As `troupe` does.
  keep_heap_small();
  block_questions();
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system sys{config};
  if (holds)
    hold_fortress(sys, words[1]);
  return run(sys, words.empty() ? "" : words[0]);
}
