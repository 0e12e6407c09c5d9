// SPDX-License-Identifier: Apache-2.0
//
// What it costs that a reactor is in another process than its node: the same
// reactor beside the node and elsewhere, in turns. Elsewhere is another actor
// system, reached over loopback as another process would be; the peer is a node
// of the same process, so that nothing but the way to the reactor differs.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "troupe/actors/remote/remote_node.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/transport/memory/memory_network.hpp"

namespace {

using namespace troupe;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

constexpr int rounds = 5;
constexpr auto phase = 2s;

struct config : caf::actor_system_config {
  config() {
    load<caf::io::middleman>();
  }
};

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "remote: {}\n", why);
  std::exit(1);
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& x) {
    return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

channel_descriptor channel_of(channel_id id) {
  return {.id = id, .send_queue_messages = 1024, .delivery_window = 128};
}

caf::behavior echo_reactor(caf::event_based_actor* self, const node& home,
                           channel_id id) {
  auto wire = home.open_channel<echo::EchoMessage>(self, channel_of(id));
  return {[wire](const inbound_envelope& in) {
    return in.match([&](const echo::PingMessage& ping) {
      echo::PongMessage pong;
      pong.set_content(ping.content());
      wire.send(in.from, pong);
    });
  }};
}

/// How much a reactor is to do.
struct load {
  size_t size;
  size_t at_once;
};

/// Pings a peer, so many at once and each upon an answer, when it is told to,
/// and says how many came back when it is told to stop.
struct pinger_state {
  static inline const char* name = "pinger";

  any_channel wire;
  node_id peer = {};
  echo::PingMessage ping = {};
  uint64_t answers = 0;
  bool running = false;

  void send() const {
    wire.send(peer, ping);
  }
};

caf::behavior pinger(caf::stateful_actor<pinger_state>* self, const node& home,
                     channel_id id, const caf::actor& owner) {
  self->state.wire = home.open_channel<echo::EchoMessage>(self, channel_of(id));
  home.subscribe(self);
  return {
      [=](const peer_update& update) {
        self->state.peer = update.peer;
        if (update.status == peer_status::up)
          self->send(owner, caf::ok_atom_v);
      },
      [=](uint64_t size, uint64_t at_once) {
        auto& state = self->state;
        state.ping.set_content(std::string(size, 'x'));
        state.running = true;
        state.answers = 0;
        for (uint64_t i = 0; i < at_once; ++i)
          state.send();
      },
      [=](caf::get_atom) {
        self->state.running = false;
        return self->state.answers;
      },
      [=](const inbound_envelope&) {
        auto& state = self->state;
        ++state.answers;
        if (state.running)
          state.send();
      },
  };
}

/// Round trips a second, and processor time of each.
struct figures {
  double per_second;
  double cpu_us;
};

figures measure(caf::scoped_actor& self, const caf::actor& who, load what) {
  self->send(who, uint64_t{what.size}, uint64_t{what.at_once});
  const auto begin = clock_type::now();
  const auto cpu = cpu_seconds();
  self->receive(caf::after(phase) >> [] {});
  uint64_t answers = 0;
  self->request(who, 10s, caf::get_atom_v)
      .receive([&](uint64_t x) { answers = x; },
               [](const caf::error& e) { give_up(to_string(e)); });
  const auto spent = cpu_seconds() - cpu;
  const std::chrono::duration<double> span = clock_type::now() - begin;
  if (answers == 0)
    give_up("no answers");
  // What is still on its way is not to be in the way of others.
  self->receive(caf::after(200ms) >> [] {});
  return {static_cast<double>(answers) / span.count(),
          spent * 1e6 / static_cast<double>(answers)};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// A reactor, and who asks it, in the same system.
struct place {
  caf::scoped_actor& self;
  caf::actor who;
};

void compare(const place& near, const place& far, load what) {
  std::vector<double> rates[2];
  std::vector<double> costs[2];
  for (int i = 0; i < rounds; ++i)
    for (int k = 0; k < 2; ++k) {
      const auto& where = k == 0 ? near : far;
      auto [rate, cost] = measure(where.self, where.who, what);
      rates[k].push_back(rate);
      costs[k].push_back(cost);
    }
  const double rate[] = {median(rates[0]), median(rates[1])};
  const double cost[] = {median(costs[0]), median(costs[1])};
  fmt::print("{:6} bytes, {:3} at once: {:9.0f}/s beside, {:8.0f}/s elsewhere "
             "({:.2f}); {:6.1f} us and {:6.1f} us of CPU each ({:.2f})\n",
             what.size, what.at_once, rate[0], rate[1], rate[1] / rate[0],
             cost[0], cost[1], cost[1] / cost[0]);
  std::fflush(stdout);
}

void run() {
  auto network = std::make_shared<memory_network>();
  system_entropy random;
  const auto key = node_key::generate(random);
  config near_config;
  caf::actor_system near_sys{near_config};
  auto home = spawn_node(near_sys, {.key = key,
                                    .network = "bench",
                                    .memory = network,
                                    .channels_expected = 2});
  auto peer = spawn_node(near_sys,
                         {.key = node_key::generate(random),
                          .network = "bench",
                          .persistent_peers = {"memory:" + to_string(key.id())},
                          .memory = network,
                          .channels_expected = 2});
  for (channel_id id : {1, 2})
    near_sys.spawn(echo_reactor, peer, id);
  auto port = publish_node(near_sys, home);
  if (!port)
    give_up(to_string(port.error()));
  config far_config;
  caf::actor_system far_sys{far_config};
  auto far_home = connect_node(far_sys, "127.0.0.1", *port);
  if (!far_home)
    give_up(to_string(far_home.error()));
  caf::scoped_actor self{far_sys};
  const auto owner = caf::actor_cast<caf::actor>(self);
  auto far = far_sys.spawn(pinger, *far_home, channel_id{2}, owner);
  caf::scoped_actor near_self{near_sys};
  auto near = near_sys.spawn(pinger, home, channel_id{1},
                             caf::actor_cast<caf::actor>(near_self));
  near_self->receive([](caf::ok_atom) {});
  self->receive([](caf::ok_atom) {});
  for (auto what : {load{64, 1}, load{64, 64}, load{1024, 64}, load{65536, 16}})
    compare({near_self, near}, {self, far}, what);
  home.stop();
  peer.stop();
}

} // namespace

int main() {
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  run();
}
