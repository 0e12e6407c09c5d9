// SPDX-License-Identifier: Apache-2.0
//
// Two nodes that are far from each other, over MConnection, so with the
// kernel's TCP, and over QUIC: how fast a channel is, and how long pings of
// another take, alone and beside it. Between the two are packets of ours: see
// `far_link`. By hand, as root.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "../blocking/reactors.hpp"
#include "far_link.hpp"
#include "troupe/messages/heap_policy.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

constexpr auto phase = 15s;
constexpr size_t large = size_t{64} * 1024;

/// What pings have beside them: 0.2 MB/s, which all protocols can do.
constexpr auto bulk_pause = 40ms;

constexpr const char* far_address = "10.77.0.2";
constexpr uint16_t port = 7777;

/// Both ends make the key of the far one.
node_key far_key() {
  std::array<std::byte, 32> seed;
  seed.fill(std::byte{0x16});
  return node_key::from_seed(seed);
}

/// Without rate limits, as those would be what is measured.
node_options options_of(const node_key& key) {
  node_options result{
      .key = key, .network = "distance", .channels_expected = 2};
  result.stream.send_rate.reset();
  result.stream.recv_rate.reset();
  return result;
}

[[noreturn]] void serve(caf::actor_system& sys, const std::string& protocol) {
  auto options = options_of(far_key());
  options.listen = {fmt::format("{}://{}:{}", protocol, far_address, port)};
  auto home = spawn_node(sys, std::move(options));
  auto bulk = sys.spawn<caf::detached>(stalling, home);
  auto pings = sys.spawn(echoing, home);
  for (;;)
    pause();
}

// -- a flood ------------------------------------------------------------------

struct flood_state {
  static inline const char* name = "distance.flood";
  channel<echo::EchoMessage> wire;
  node_id peer = {};
  echo::PingMessage message = {};
  uint64_t waiting = 0;
  uint64_t taken = 0;
  bool ending = false;
};

/// Sends large messages, as many as the connection takes, from when its peer is
/// up, of which it tells `owner`. Answers `get_atom` with how many it took.
caf::behavior flood(caf::stateful_actor<flood_state>* self, const node& home,
                    const caf::actor& owner) {
  self->state.wire
      = home.open_channel<echo::EchoMessage>(self, {.id = 0x70, .priority = 1});
  self->state.message.set_content("1 " + std::string(large, 'x'));
  home.subscribe(self);
  auto feed = [self] {
    auto& state = self->state;
    for (; state.waiting < 32; ++state.waiting)
      state.wire.send(self, state.peer, state.message)
          .then([self] { self->send(self, caf::ok_atom_v); },
                [](const caf::error& why) { give_up(to_string(why)); });
  };
  return {
      [=](const peer_update& update) {
        if (update.status != peer_status::up)
          return;
        self->state.peer = update.peer;
        self->send(owner, caf::ok_atom_v);
        feed();
      },
      [=](caf::ok_atom) {
        --self->state.waiting;
        ++self->state.taken;
        feed();
      },
      [self](caf::get_atom) { return self->state.taken; },
      [](const inbound_envelope&) {},
  };
}

// -- the near end -------------------------------------------------------------

node dial(caf::actor_system& sys, const std::string& protocol) {
  system_entropy random;
  auto options = options_of(node_key::generate(random));
  options.persistent_peers = {fmt::format(
      "{}://{}@{}:{}", protocol, to_string(far_key().id()), far_address, port)};
  return spawn_node(sys, std::move(options));
}

void wait_for_peer(caf::scoped_actor& self) {
  self->receive([](caf::ok_atom) {},
                caf::after(20s) >> [] { give_up("no connection"); });
}

/// Prints MB/s, without the first seconds.
void measure_flood(caf::actor_system& sys, const std::string& protocol) {
  caf::scoped_actor self{sys};
  auto home = dial(sys, protocol);
  auto bulk = sys.spawn(flood, home, caf::actor_cast<caf::actor>(self));
  auto other = sys.spawn(echoing, home);
  wait_for_peer(self);
  auto count = [&] {
    uint64_t result = 0;
    self->request(bulk, 10s, caf::get_atom_v)
        .receive([&](uint64_t x) { result = x; },
                 [](const caf::error& why) { give_up(to_string(why)); });
    return result;
  };
  std::this_thread::sleep_for(3s);
  const auto before = count();
  const auto begin = clock_type::now();
  std::this_thread::sleep_for(phase);
  const auto sent = count() - before;
  const std::chrono::duration<double> took = clock_type::now() - begin;
  fmt::print("{:.2f}\n",
             static_cast<double>(sent * large) / took.count() / 1e6);
}

/// Prints the median and the 99th percentile of pings in milliseconds.
void measure_pings(caf::actor_system& sys, const std::string& protocol,
                   bool beside) {
  caf::scoped_actor self{sys};
  const auto me = caf::actor_cast<caf::actor>(self);
  auto home = dial(sys, protocol);
  round_trips times;
  auto pings = sys.spawn(pinger, home, &times, me);
  auto bulk = beside ? sys.spawn(sender, home, me, duration{bulk_pause})
                     : caf::actor_cast<caf::actor>(
                         sys.spawn<caf::detached>(stalling, home));
  for (int i = 0; i < (beside ? 2 : 1); ++i)
    wait_for_peer(self);
  std::this_thread::sleep_for(phase);
  self->send(pings, caf::close_atom_v);
  self->receive([](size_t) {});
  std::vector<double> all;
  for (const auto& [sent_at, took] : times)
    all.push_back(std::chrono::duration<double, std::milli>{took}.count());
  if (all.empty())
    give_up("no pings");
  std::sort(all.begin(), all.end());
  auto at = [&all](double part) {
    return all[static_cast<size_t>(part * static_cast<double>(all.size() - 1))];
  };
  fmt::print("{:.1f} {:.1f} {:.1f}\n", at(0.5), at(0.99), at(1));
}

// -- all of it ----------------------------------------------------------------

pid_t start(const std::vector<std::string>& words, int output) {
  const auto pid = fork();
  if (pid != 0)
    return pid;
  if (output >= 0)
    dup2(output, STDOUT_FILENO);
  std::string self = "/proc/self/exe";
  std::vector<char*> arguments{self.data()};
  std::vector<std::string> copies = words;
  for (auto& x : copies)
    arguments.push_back(x.data());
  arguments.push_back(nullptr);
  execv(self.c_str(), arguments.data());
  _exit(127);
}

/// What decides how much TCP sends.
std::string control_of_kernel() {
  std::string result;
  std::ifstream{"/proc/sys/net/ipv4/tcp_congestion_control"} >> result;
  return result;
}

/// @returns what the near end printed.
std::string run(const distance& how, const std::string& protocol,
                const std::string& what) {
  far_link link{how};
  int output[2] = {-1, -1};
  if (pipe2(output, O_CLOEXEC) != 0)
    give_up("no pipe");
  pid_t far = -1;
  pid_t near = -1;
  link.at(1, [&] { far = start({"serve", protocol}, -1); });
  std::this_thread::sleep_for(300ms);
  link.at(0, [&] { near = start({what, protocol}, output[1]); });
  close(output[1]);
  link.carry([&] { return waitpid(near, nullptr, WNOHANG) == near; });
  kill(far, SIGKILL);
  waitpid(far, nullptr, 0);
  std::string result(256, '\0');
  const auto size = read(output[0], result.data(), result.size());
  close(output[0]);
  result.resize(size > 0 ? static_cast<size_t>(size) - 1 : 0);
  return result;
}

int run_all(std::chrono::milliseconds round_trip, double percent) {
  fmt::print("{} ms there and back, {} % of the packets lost; the kernel's TCP "
             "with {}\n",
             round_trip.count(), percent, control_of_kernel());
  fmt::print("{:<14}{:>9}{:>26}{:>26}\n", "", "64 KiB,",
             "pings alone, ms:", "beside 0.2 MB/s, ms:");
  fmt::print("{:<14}{:>9}{:>26}{:>26}\n", "", "MB/s", "50 %, 99 %, longest",
             "50 %, 99 %, longest");
  const distance how{round_trip / 2, percent / 100};
  for (const std::string protocol : {"mconn", "quic"})
    fmt::print("{:<14}{:>9}{:>26}{:>26}\n", protocol,
               run(how, protocol, "flood"), run(how, protocol, "pings"),
               run(how, protocol, "beside"));
  return 0;
}

/// Ends the program unless `text` is a part of a hundred.
double percent_in(const std::string& text) {
  double result = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, result);
  if (parsed.ec != std::errc{} || parsed.ptr != end || !(result >= 0)
      || result > 100)
    give_up("expected how many of a hundred packets are lost");
  return result;
}

} // namespace

/// troupe_bench_distance [MILLISECONDS [PERCENT]]
int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto is_end = words.size() == 2
                      && (words[0] == "serve" || words[0] == "flood"
                          || words[0] == "pings" || words[0] == "beside");
  if (!is_end)
    return run_all(
        std::chrono::milliseconds{words.empty() ? 50 : number_in(words[0])},
        words.size() < 2 ? 1 : percent_in(words[1]));
  keep_heap_small();
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system sys{config};
  if (words[0] == "serve")
    serve(sys, words[1]);
  if (words[0] == "flood")
    measure_flood(sys, words[1]);
  else
    measure_pings(sys, words[1], words[0] == "beside");
  std::fflush(stdout);
  _exit(0);
}
