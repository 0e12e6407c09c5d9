// SPDX-License-Identifier: Apache-2.0
//
// What an accept flood does to a node, as its established peers see it: the
// round-trip time of an echo with and without the flood, and the memory of the
// node. Three processes: the node, its peer (this one), and the attacker.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "attacker.hpp"
#include "child.hpp"
#include "troupe/actors/node/node.hpp"
#include "troupe/proto/echo.pb.h"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;
using nanoseconds = std::chrono::nanoseconds;

const channel_descriptor echo_descriptor{.id = 0x70};

/// Phases of each kind, in turns, so that whatever else this machine does
/// concerns both.
constexpr int rounds = 4;
constexpr auto phase = 5s;

/// Pause between two pings: enough of them for a percentile, far from a load.
constexpr auto ping_pause = 1ms;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "flood: {}\n", why);
  std::exit(1);
}

node_options options_of(const node_key& key) {
  return {.key = key, .network = "bench", .listen = {"mconn://127.0.0.1:0"}};
}

endpoint endpoint_of(caf::scoped_actor& self, const node& where) {
  endpoint result;
  self->request(where.router(), 10s, caf::get_atom_v)
      .receive([&](const std::vector<endpoint>& xs) { result = xs.at(0); },
               [](const caf::error& e) { give_up(to_string(e)); });
  return result;
}

// -- the node -----------------------------------------------------------------

caf::behavior echo_reactor(caf::event_based_actor* self, const node& where) {
  auto echo
      = where.open_channel<troupe::echo::EchoMessage>(self, echo_descriptor);
  return {
      [=](const inbound_envelope& in) {
        return in.match(
            [&](const troupe::echo::PingMessage& x) {
              troupe::echo::PongMessage pong;
              pong.set_content(x.content());
              echo.send(in.from, pong);
            },
            [](const troupe::echo::PongMessage&) {});
      },
  };
}

/// Prints its address and process ID, and does not return.
[[noreturn]] void serve(caf::actor_system& sys) {
  system_entropy random;
  auto key = node_key::generate(random);
  auto where = spawn_node(sys, options_of(key));
  auto reactor = sys.spawn(echo_reactor, where);
  caf::scoped_actor self{sys};
  fmt::print("{}@127.0.0.1:{}\n{}\n", to_string(key.id()),
             endpoint_of(self, where).port, getpid());
  std::fflush(stdout);
  for (;;)
    pause();
}

/// Kilobytes of a process, by the name of the line in `/proc/PID/status`.
size_t memory_of(const std::string& pid, const std::string& what) {
  std::ifstream in{"/proc/" + pid + "/status"};
  for (std::string word; in >> word;)
    if (size_t value = 0; word == what + ":" && in >> value)
      return value;
  give_up("no memory figures of the node");
}

// -- its peer -----------------------------------------------------------------

/// Round-trip times. Belongs to the pinger, except between its phases.
using times_ptr = std::shared_ptr<std::vector<nanoseconds>>;

/// Says `ok_atom` to `done` when the peer is up. Pings one after the other from
/// `tick_atom` on until the end of a phase, then says it again.
struct pinger_state {
  pinger_state(caf::event_based_actor* ptr, const node& node, times_ptr results,
               const caf::actor& to)
    : self(ptr),
      times(std::move(results)),
      done(to) {
    wire = node.open_channel<troupe::echo::EchoMessage>(self, echo_descriptor);
    node.subscribe(self);
  }

  caf::behavior make_behavior() {
    return {
        [this](const peer_update& update) {
          peer = update.peer;
          if (update.status != peer_status::up)
            give_up("the established peer lost its connection");
          self->send(done, caf::ok_atom_v);
        },
        [this](caf::tick_atom) {
          times->clear();
          end = clock_type::now() + phase;
          ping();
        },
        [this](caf::ok_atom) { ping(); },
        [this](const inbound_envelope&) {
          times->push_back(clock_type::now() - sent);
          if (clock_type::now() < end)
            self->delayed_send(self, ping_pause, caf::ok_atom_v);
          else
            self->send(done, caf::ok_atom_v);
        },
    };
  }

  void ping() {
    troupe::echo::PingMessage message;
    message.set_content(std::string(64, 'x'));
    sent = clock_type::now();
    wire.send(peer, message);
  }

  static inline const char* name = "flood.pinger";

  caf::event_based_actor* self;
  times_ptr times;
  caf::actor done;
  channel<echo::EchoMessage> wire;
  node_id peer;
  clock_type::time_point sent;
  clock_type::time_point end;
};

/// Round-trip times of all phases of one kind.
struct series {
  void add(const std::vector<nanoseconds>& more) {
    times.insert(times.end(), more.begin(), more.end());
  }

  double percentile(double which) {
    auto i = times.begin()
             + static_cast<ptrdiff_t>(which
                                      * static_cast<double>(times.size() - 1));
    std::nth_element(times.begin(), i, times.end());
    return static_cast<double>(i->count()) / 1000.0;
  }

  std::vector<nanoseconds> times;
};

void print(const char* name, series& what) {
  fmt::print("echo {}: {:6} pings, median {:7.0f} us, 99 % {:7.0f} us, "
             "max {:7.0f} us\n",
             name, what.times.size(), what.percentile(0.5),
             what.percentile(0.99), what.percentile(1));
}

void measure(caf::actor_system& sys, const std::string& rate) {
  child server{{"serve"}};
  const auto address = server.read_line();
  const auto pid = server.read_line();
  system_entropy random;
  auto options = options_of(node_key::generate(random));
  options.listen = {};
  options.persistent_peers = {address};
  auto peer = spawn_node(sys, options);
  caf::scoped_actor self{sys};
  auto times = std::make_shared<std::vector<nanoseconds>>();
  auto pinger = sys.spawn<caf::stateful_actor<pinger_state>>(
      peer, times, caf::actor_cast<caf::actor>(self));
  auto wait = [&self] { self->receive([](caf::ok_atom) {}); };
  wait();
  auto run_phase = [&](series& into) {
    self->send(pinger, caf::tick_atom_v);
    wait();
    into.add(*times);
  };
  series quiet;
  series flooded;
  series warm_up;
  run_phase(warm_up);
  const auto before = memory_of(pid, "VmRSS");
  const auto port = address.substr(address.rfind(':') + 1);
  const auto seconds = std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(phase).count() + 2);
  for (int i = 0; i < rounds; ++i) {
    run_phase(quiet);
    child attack{{"attack", port, rate, seconds}};
    attack.read_line(); // It has begun.
    run_phase(flooded);
    fmt::print("flood {}: {}\n", i + 1, attack.read_line());
  }
  print("quiet  ", quiet);
  print("flooded", flooded);
  fmt::print("ratio of the 99th percentiles              {:6.2f}   (at most "
             "2)\n",
             flooded.percentile(0.99) / quiet.percentile(0.99));
  fmt::print("ratio of the medians                       {:6.2f}\n",
             flooded.percentile(0.5) / quiet.percentile(0.5));
  fmt::print(
      "memory of the node: {} KiB before, {} KiB after, {} KiB at most\n",
      before, memory_of(pid, "VmRSS"), memory_of(pid, "VmHWM"));
  self->send_exit(pinger, caf::exit_reason::user_shutdown);
  peer.stop();
  self->wait_for(peer.router());
}

// -- the attacker -------------------------------------------------------------

void attack(const std::string& port, const std::string& rate,
            const std::string& seconds) {
  attacker who{{.port = static_cast<uint16_t>(std::stoul(port)),
                .connects_per_second = std::stoul(rate)}};
  who.run(1s);
  fmt::print("begun\n");
  who.run(std::chrono::seconds{std::stol(seconds)});
  fmt::print("{} connects from 4 addresses, {} thrown out, {} open at most\n",
             who.attempts(), who.thrown_out(), who.open_max());
}

} // namespace

/// flood [CONNECTS_PER_SECOND]
int main(int argc, char** argv) {
  // A line at a time, wherever it goes.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 4 && words[0] == "attack") {
    attack(words[1], words[2], words[3]);
    return 0;
  }
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system sys{config};
  if (words.size() == 1 && words[0] == "serve")
    serve(sys);
  measure(sys, words.empty() ? "2000" : words[0]);
  return 0;
}
