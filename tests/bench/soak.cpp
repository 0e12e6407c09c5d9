// SPDX-License-Identifier: Apache-2.0
//
// Nodes that talk to each other over TCP for a long time, while nodes and
// reactors come and go, and what that leaves behind:
//
//     troupe_soak_bench [MINUTES] [NODES]
//
// Prints the memory, descriptors and actors of each minute, at their least, and
// at the end by how much they grow in an hour.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <caf/actor_registry.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/heap_policy.hpp"
#include "troupe/proto/echo.pb.h"

namespace {

using namespace troupe;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

constexpr channel_id channels[] = {0x70, 0x71};

/// What there is of everything at one moment.
struct sample {
  double resident_kib = 0;
  double heap_kib = 0;
  double descriptors = 0;
  double actors = 0;

  static constexpr double sample::*fields[]
      = {&sample::resident_kib, &sample::heap_kib, &sample::descriptors,
         &sample::actors};
};

sample look(caf::actor_system& sys) {
  sample result;
  size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> pages;
  const auto page_size = static_cast<double>(sysconf(_SC_PAGESIZE));
  result.resident_kib = static_cast<double>(pages) * page_size / 1024;
  const auto heap = mallinfo2();
  result.heap_kib = static_cast<double>(heap.uordblks + heap.hblkhd) / 1024;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator{"/proc/self/fd"})
    ++result.descriptors;
  result.actors = static_cast<double>(sys.registry().running());
  return result;
}

/// The slope of the straight line that fits values of subsequent minutes best,
/// in an hour.
double growth(const std::vector<sample>& minutes, double sample::*field) {
  const auto n = static_cast<double>(minutes.size());
  double x = 0;
  double y = 0;
  double xx = 0;
  double xy = 0;
  for (size_t i = 0; i < minutes.size(); ++i) {
    const auto at = static_cast<double>(i);
    x += at;
    xx += at * at;
    y += minutes[i].*field;
    xy += at * (minutes[i].*field);
  }
  const auto width = n * xx - x * x;
  return width == 0 ? 0 : 60 * (n * xy - x * y) / width;
}

/// Says something to everybody, and echoes.
caf::behavior talker(caf::event_based_actor* self, const node& home,
                     channel_id id) {
  auto wire = home.open_channel<echo::EchoMessage>(self, {.id = id});
  self->delayed_send(self, 50ms, caf::tick_atom_v);
  return {
      [=](caf::tick_atom) {
        echo::PingMessage ping;
        ping.set_content(std::string(1000, 'x'));
        wire.broadcast(ping);
        self->delayed_send(self, 50ms, caf::tick_atom_v);
      },
      [=](const inbound_envelope& in) {
        return in.match(
            [&](const echo::PingMessage& ping) {
              echo::PongMessage pong;
              pong.set_content(ping.content());
              wire.send(in.from, pong);
            },
            [](const echo::PongMessage&) {});
      },
      [=](caf::close_atom) {
        wire.close();
        self->quit();
      },
  };
}

/// The nodes, of which the one or other is always new.
class company {
public:
  company(caf::actor_system& sys, size_t count) : sys_(sys), places_(count) {
    for (size_t i = 0; i < count; ++i)
      start(i);
  }

  ~company() {
    for (const auto& place : places_)
      place.home.stop();
  }

  company(const company&) = delete;

  company& operator=(const company&) = delete;

  void restart_node(size_t number) {
    auto& place = places_[number];
    caf::scoped_actor self{sys_};
    self->monitor(place.home.router());
    place.home.stop();
    self->receive([](const caf::down_msg&) {});
    place.talkers.clear();
    start(number);
  }

  /// One reactor leaves and another takes its channel.
  void replace_reactor(size_t number, channel_id id) {
    auto& place = places_[number];
    caf::scoped_actor self{sys_};
    auto& old = place.talkers[id];
    self->monitor(old);
    self->send(old, caf::close_atom_v);
    self->receive([](const caf::down_msg&) {});
    old = sys_.spawn(talker, place.home, id);
  }

  /// Messages between nodes since the start, roughly.
  [[nodiscard]] size_t links() {
    size_t sum = 0;
    for (const auto& place : places_) {
      caf::scoped_actor self{sys_};
      place.home.snapshot(self).receive(
          [&sum](const std::vector<peer_update>& up) { sum += up.size(); },
          [](const caf::error&) {});
    }
    return sum / 2;
  }

private:
  struct place {
    node home = {};
    std::string address = {};
    std::map<channel_id, caf::actor> talkers = {};
  };

  void start(size_t number) {
    std::array<std::byte, 32> seed{};
    seed[0] = static_cast<std::byte>(number + 1);
    auto& place = places_[number];
    place.home = spawn_node(sys_, {.key = node_key::from_seed(seed),
                                   .network = "soak",
                                   .listen = {"mconn://127.0.0.1:0"},
                                   .channels_expected = std::size(channels)});
    for (auto id : channels)
      place.talkers[id] = sys_.spawn(talker, place.home, id);
    caf::scoped_actor self{sys_};
    place.home.endpoints(self).receive(
        [&](const std::vector<endpoint>& where) {
          place.address = to_string(to_address(where.at(0), place.home.id()));
        },
        [](const caf::error& reason) {
          fmt::print(stderr, "a node cannot start: {}\n", to_string(reason));
          std::exit(1);
        });
    for (const auto& other : places_)
      if (&other != &place && !other.address.empty())
        place.home.dial(*node_address::parse(other.address));
  }

  caf::actor_system& sys_;
  std::vector<place> places_;
};

void print(const std::string& label, const sample& x) {
  fmt::print("{:>10} {:12.0f} {:12.0f} {:12.1f} {:12.1f}\n", label,
             x.resident_kib, x.heap_kib, x.descriptors, x.actors);
  std::fflush(stdout);
}

size_t number_from(const char* text, const char* what) {
  size_t result = 0;
  const auto* end = text + std::strlen(text);
  if (std::from_chars(text, end, result).ptr != end || result == 0) {
    fmt::print(stderr, "{}: expected a number above 0, got '{}'\n", what, text);
    std::exit(2);
  }
  return result;
}

void soak(caf::actor_system& sys, size_t minutes, size_t count) {
  company all{sys, count};
  std::vector<sample> least;
  size_t turn = 0;
  fmt::print("{:>10} {:>12} {:>12} {:>12} {:>12}\n", "minute", "resident KiB",
             "heap KiB", "descriptors", "actors");
  for (size_t minute = 0; minute < minutes; ++minute) {
    const auto end = clock_type::now() + 1min;
    auto low = look(sys);
    while (clock_type::now() < end) {
      all.restart_node(turn % count);
      all.replace_reactor((turn + 1) % count,
                          channels[turn % std::size(channels)]);
      ++turn;
      for (int i = 0; i < 10; ++i) {
        std::this_thread::sleep_for(200ms);
        const auto now = look(sys);
        for (auto field : sample::fields)
          low.*field = std::min(low.*field, now.*field);
      }
    }
    print(fmt::to_string(minute + 1), low);
    least.push_back(low);
  }
  fmt::print("{} nodes restarted and as many reactors replaced; {} of {} links "
             "at the end\n",
             turn, all.links(), count * (count - 1) / 2);
  // What is reached first does not count.
  least.erase(least.begin(),
              least.begin() + static_cast<ptrdiff_t>(least.size() / 4));
  sample slope;
  for (auto field : sample::fields)
    slope.*field = growth(least, field);
  print("an hour", slope);
}

} // namespace

int main(int argc, char** argv) {
  const auto minutes = argc > 1 ? number_from(argv[1], "MINUTES") : 60;
  const auto count = argc > 2 ? number_from(argv[2], "NODES") : 6;
  keep_heap_small();
  caf::core::init_global_meta_objects();
  caf::io::middleman::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system sys{config};
  soak(sys, minutes, count);
}
