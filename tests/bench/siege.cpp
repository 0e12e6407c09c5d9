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
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "child.hpp"
#include "fortress.hpp"
#include "raider.hpp"
#include "raids.hpp"
#include "troupe/messages/heap_policy.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/proto/pex.pb.h"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

/// How long pings are sent in each phase, and how long the last may take.
constexpr auto phase = 8s;
constexpr auto patience = 5s;
constexpr auto ping_pause = 50ms;

/// How long an attack goes on: until the last ping was sent.
constexpr auto attack_span = phase + 2s;

/// How long a node gets to be done with the connections of an attacker.
constexpr auto rest = 2s;

/// How long all of it may take.
constexpr auto time_max = 12min;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "siege: {}\n", why);
  std::exit(1);
}

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

double milliseconds(clock_type::duration span) {
  return std::chrono::duration<double, std::milli>{span}.count();
}

// -- the honest client --------------------------------------------------------

/// Round-trip times of a phase. A ping that nobody answered counts with the
/// time that was waited for it.
struct round_trips {
  double percentile(double which) {
    if (times.empty())
      give_up("no ping was sent");
    std::sort(times.begin(), times.end());
    return milliseconds(times[static_cast<size_t>(
        which * static_cast<double>(times.size() - 1))]);
  }

  std::vector<clock_type::duration> times = {};
  size_t lost = 0;
};

using round_trips_ptr = std::shared_ptr<round_trips>;

/// Says `ok_atom` to `done` when the node is up, and after each phase, which
/// begins with `tick_atom`.
struct honest_state {
  honest_state(caf::event_based_actor* ptr, const node& home,
               round_trips_ptr results, const caf::actor& to)
    : self(ptr),
      trips(std::move(results)),
      done(to) {
    wire = home.open_channel<echo::EchoMessage>(self, siege_channels().at(0));
    home.subscribe(self);
  }

  caf::behavior make_behavior() {
    return {
        [this](const peer_update& update) {
          if (update.status == peer_status::down)
            give_up("the honest client lost its connection: "
                    + std::string{to_string(update.reason)});
          if (update.status != peer_status::up)
            return;
          peer = update.peer;
          self->send(done, caf::ok_atom_v);
        },
        [this](caf::tick_atom) {
          *trips = {};
          end = clock_type::now() + phase;
          ping();
        },
        [this](caf::ok_atom) {
          if (clock_type::now() < end)
            ping();
          else
            self->delayed_send(self, ping_pause, caf::update_atom_v);
        },
        [this](caf::update_atom) { finish(); },
        [this](const inbound_envelope& in) {
          auto pong = in.message.as<echo::PongMessage>();
          if (pong == nullptr)
            return;
          auto i = open.find(pong->content());
          if (i == open.end())
            return;
          trips->times.push_back(clock_type::now() - i->second);
          open.erase(i);
        },
    };
  }

  void ping() {
    echo::PingMessage message;
    message.set_content(std::to_string(++number));
    open[message.content()] = clock_type::now();
    wire.send(peer, message);
    self->delayed_send(self, ping_pause, caf::ok_atom_v);
  }

  void finish() {
    const auto now = clock_type::now();
    if (!open.empty() && now < end + patience) {
      self->delayed_send(self, ping_pause, caf::update_atom_v);
      return;
    }
    for (const auto& [content, sent] : open)
      trips->times.push_back(now - sent);
    trips->lost = open.size();
    open.clear();
    self->send(done, caf::ok_atom_v);
  }

  static inline const char* name = "siege.honest";

  caf::event_based_actor* self;
  round_trips_ptr trips;
  caf::actor done;
  channel<echo::EchoMessage> wire;
  node_id peer;
  uint64_t number = 0;
  std::map<std::string, clock_type::time_point> open;
  clock_type::time_point end;
};

class honest_client {
public:
  honest_client(caf::actor_system& sys, const std::string& address)
    : self_(sys),
      trips_(std::make_shared<round_trips>()) {
    system_entropy random;
    auto options = siege_options(node_key::generate(random));
    options.listen = {};
    options.persistent_peers = {address};
    options.channels_expected = 1;
    home_ = spawn_node(sys, options);
    actor_ = sys.spawn<caf::stateful_actor<honest_state>>(
        home_, trips_, caf::actor_cast<caf::actor>(self_));
    wait();
  }

  honest_client(const honest_client&) = delete;

  honest_client& operator=(const honest_client&) = delete;

  ~honest_client() {
    self_->send_exit(actor_, caf::exit_reason::user_shutdown);
    home_.stop();
    self_->wait_for(home_.router());
  }

  round_trips run_phase() {
    self_->send(actor_, caf::tick_atom_v);
    wait();
    return *trips_;
  }

private:
  void wait() {
    self_->receive([](caf::ok_atom) {},
                   caf::after(phase + patience + 30s) >>
                       [] { give_up("the honest client hears nothing"); });
  }

  caf::scoped_actor self_;
  round_trips_ptr trips_;
  node home_;
  caf::actor actor_;
};

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
  double log_lines = 0;
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

void besiege(caf::actor_system& sys, const std::string& kind, size_t count,
             const limits& most) {
  fmt::print("{}, {} connections:\n", kind, count);
  fortress target;
  fortress other;
  honest_client client{sys, target.address()};
  auto run = [&](const char* name, fortress& victim) {
    child raiders{order(kind, victim.port(), count, attack_span)};
    expect_all(raiders.read_line(), count);
    auto trips = client.run_phase();
    expect_action(raiders.read_line(), count);
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
  std::this_thread::sleep_for(rest);
  const auto state = target.look();
  fmt::print("    node: {:.1f} MiB before, {:.1f} at most, {:.1f} after; {} "
             "lines of log\n",
             mib(before.resident_kib), mib(state.resident_peak_kib),
             mib(state.resident_kib), state.log_lines - before.log_lines);
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
    std::this_thread::sleep_for(rest);
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

struct siege_step {
  std::string kind;
  size_t count;
  limits most = {};
};

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
  };
  return result;
}

int run(caf::actor_system& sys, const std::string& only) {
  auto chosen = [&only](const std::string& kind) {
    return only.empty() || only == kind;
  };
  for (const auto& step : steps())
    if (chosen(step.kind))
      besiege(sys, step.kind, step.count, step.most);
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
    return attack(what) ? 0 : 2;
  }
  if (words != std::vector<std::string>{"hold"})
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
  if (words.size() == 1 && words[0] == "hold")
    hold_fortress(sys);
  return run(sys, words.empty() ? "" : words[0]);
}
