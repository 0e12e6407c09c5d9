// SPDX-License-Identifier: Apache-2.0
//
// Whether a reactor that stalls holds up the other channels of a connection.
// Two nodes in two processes, over loopback: one reactor is sent numbered
// messages and does not look at them for a minute, another echoes pings on the
// same connection. Over QUIC and over MConnection, one after the other. Beside
// them, as a control, two more do the same without a stall, in the same
// minute, as the machine has other things to do as well.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "../child.hpp"
#include "reactors.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

/// What stalls gets 0.8 MB/s, well below the default rates, so that the pings
/// have the same company before and during the stall.
constexpr auto bulk_pause = 10ms;

/// How long it may take until what is held back has arrived.
constexpr auto patience = 15s;

node_options options_of(const node_key& key) {
  return {.key = key, .network = "blocking", .channels_expected = 2};
}

/// Prints its address, and does not return.
[[noreturn]] void serve(caf::actor_system& sys, const std::string& protocol) {
  system_entropy random;
  const auto key = node_key::generate(random);
  auto options = options_of(key);
  options.listen = {protocol + "://127.0.0.1:0"};
  auto home = spawn_node(sys, std::move(options));
  auto slow = sys.spawn<caf::detached>(stalling, home);
  auto quick = sys.spawn(echoing, home);
  caf::scoped_actor self{sys};
  home.endpoints(self).receive(
      [&](const std::vector<endpoint>& where) {
        fmt::print("{}://{}@127.0.0.1:{}\n", protocol, to_string(key.id()),
                   where.at(0).port);
        std::fflush(stdout);
      },
      [](const caf::error& why) { give_up(to_string(why)); });
  for (;;)
    pause();
}

// -- the measurement ----------------------------------------------------------

struct percentiles {
  size_t count = 0;
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};

/// Of the pings that went out in a span of time, in milliseconds.
percentiles of(const round_trips& all, clock_type::time_point from,
               clock_type::time_point to) {
  std::vector<double> times;
  for (auto i = all.lower_bound(from); i != all.end() && i->first < to; ++i)
    times.push_back(
        std::chrono::duration<double, std::milli>{i->second}.count());
  if (times.empty())
    give_up("no pings");
  std::sort(times.begin(), times.end());
  auto at = [&times](double part) {
    return times[static_cast<size_t>(part
                                     * static_cast<double>(times.size() - 1))];
  };
  return {times.size(), at(0.5), at(0.99), times.back()};
}

/// What became of the bulk messages, and of the pings.
struct outcome {
  uint64_t sent = 0;
  uint64_t received = 0;
  uint64_t refused = 0;
  uint64_t held_back = 0;
  bool in_order = false;
  size_t unanswered = 0;
};

/// Two nodes, of which one is in this process, and what goes on between them.
class link_under_test {
public:
  link_under_test(caf::actor_system& sys, const std::string& protocol)
    : far_({"serve", protocol}),
      self_(sys) {
    system_entropy random;
    auto options = options_of(node_key::generate(random));
    options.persistent_peers = {far_.read_line()};
    home_ = spawn_node(sys, std::move(options));
    const auto me = caf::actor_cast<caf::actor>(self_);
    bulk_ = sys.spawn(sender, home_, me, duration{bulk_pause});
    pings_ = sys.spawn(pinger, home_, &times_, me);
    for (int i = 0; i < 2; ++i)
      self_->receive([](caf::ok_atom) {},
                     caf::after(10s) >> [] { give_up("no connection"); });
  }

  link_under_test(const link_under_test&) = delete;

  link_under_test& operator=(const link_under_test&) = delete;

  ~link_under_test() {
    home_.stop(); // And the reactors.
    self_->wait_for(home_.router());
  }

  void stall(std::chrono::seconds span) {
    self_->send(bulk_, "stall " + std::to_string(span.count()));
  }

  outcome finish() {
    outcome result;
    self_->send(pings_, caf::close_atom_v);
    self_->receive([&](size_t count) { result.unanswered = count; });
    self_->send(bulk_, caf::close_atom_v);
    self_->receive(
        [&](uint64_t all, uint64_t failed, uint64_t waited) {
          result.sent = all;
          result.refused = failed;
          result.held_back = waited;
        },
        caf::after(patience) >> [] { give_up("the stall does not end"); });
    const auto report = far_.read_line();
    result.received = number_in(report);
    result.in_order = report.ends_with(" 1");
    return result;
  }

  /// Only after `finish`.
  [[nodiscard]] const round_trips& times() const {
    return times_;
  }

private:
  child far_;
  caf::scoped_actor self_;
  node home_;
  caf::actor bulk_;
  caf::actor pings_;
  round_trips times_;
};

std::string columns(const percentiles& x) {
  return fmt::format("{:>10.2f}{:>9.2f}{:>9.2f}", x.p50, x.p99, x.max);
}

void measure(caf::actor_system& sys, const std::string& protocol,
             std::chrono::seconds stall) {
  link_under_test stalled{sys, protocol};
  link_under_test control{sys, protocol};
  std::this_thread::sleep_for(2s);
  const auto begin = clock_type::now();
  std::this_thread::sleep_for(stall);
  const auto middle = clock_type::now();
  stalled.stall(stall);
  std::this_thread::sleep_for(stall);
  const auto end = clock_type::now();
  std::this_thread::sleep_for(5s);
  const auto bulk = stalled.finish();
  const auto other = control.finish();
  const auto during = of(stalled.times(), middle, end);
  const auto meanwhile = of(control.times(), middle, end);
  fmt::print("{:<6}{}{}{}{:>8.2f}\n", protocol,
             columns(of(stalled.times(), begin, middle)), columns(during),
             columns(meanwhile), during.p99 / meanwhile.p99);
  auto tell = [](const char* name, const outcome& x) {
    fmt::print("      {}: {} messages sent, {} lost, {} refused, {}in order; "
               "{} times the sender waited; {} pings lost\n",
               name, x.sent, x.sent - x.received, x.refused,
               x.in_order ? "" : "not ", x.held_back, x.unanswered);
  };
  tell("channel that stalled", bulk);
  tell("control", other);
}

} // namespace

/// troupe_bench_blocking [SECONDS]
int main(int argc, char** argv) {
  // A line at a time, wherever it goes.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::vector<std::string> words(argv + 1, argv + argc);
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system sys{config};
  if (words.size() == 2 && words[0] == "serve")
    serve(sys, words[1]);
  const auto stall
      = std::chrono::seconds{words.empty() ? 60 : number_in(words[0])};
  if (stall < 1s)
    give_up("expected for how many seconds the reactor stalls");
  fmt::print("round trips in ms beside a reactor that stalls for {} s\n",
             stall.count());
  fmt::print("{:<6}{:>28}{:>28}{:>28}{:>8}\n", "", "before", "stalled",
             "control meanwhile", "p99 x");
  fmt::print("{:<6}", "");
  for (int i = 0; i < 3; ++i)
    fmt::print("{:>10}{:>9}{:>9}", "p50", "p99", "max");
  fmt::print("\n");
  for (const auto* protocol : {"quic", "mconn"})
    measure(sys, protocol, stall);
}
