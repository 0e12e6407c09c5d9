// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "child.hpp"
#include "link.hpp"
#include "median.hpp"
#include "troupe/actors/node/node.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/transport/mconn/frame_cipher.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

constexpr size_t mib = 1024 * 1024;

/// Payload bytes a second that one core seals, and opens, in 1 KiB frames. In
/// CPU time: what else runs on the machine must not make the reference slower.
struct cipher_speed {
  double seal;
  double open;

  /// Of a stream that is sealed on one core and opened on another.
  [[nodiscard]] double slower() const {
    return std::min(seal, open);
  }
};

cipher_speed measure_cipher() {
  constexpr size_t frames = 128;
  constexpr size_t rounds = 400;
  std::array<std::byte, 32> key = {};
  std::vector<std::byte> buffer(frames * frame_sealed_size);
  auto each = [&buffer](auto fun) {
    for (size_t i = 0; i < frames; ++i)
      fun(byte_span{buffer}.subspan(i * frame_sealed_size, frame_sealed_size));
  };
  auto sealer = frame_cipher{key};
  auto opener = frame_cipher{key};
  auto now = [] { return cpu_time_of(CLOCK_THREAD_CPUTIME_ID); };
  std::chrono::nanoseconds sealing{};
  std::chrono::nanoseconds opening{};
  bool good = true;
  for (size_t round = 0; round < rounds; ++round) {
    auto start = now();
    each([&](byte_span frame) { good &= sealer.seal(frame) == errc::none; });
    auto middle = now();
    each([&](byte_span frame) { good &= opener.open(frame) == errc::none; });
    sealing += middle - start;
    opening += now() - middle;
  }
  if (!good) {
    fmt::print(stderr, "bench: the frame cipher failed\n");
    std::exit(1);
  }
  auto rate = [](std::chrono::nanoseconds time) {
    return static_cast<double>(rounds * frames * frame_chunk_max)
           / std::chrono::duration<double>{time}.count();
  };
  return {rate(sealing), rate(opening)};
}

endpoint local(const std::string& port) {
  return {"mconn",
          ip_address::v4(127, 0, 0, 1),
          static_cast<uint16_t>(std::stoul(port)),
          {}};
}

size_t resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  size_t total = 0;
  size_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// -- handshakes and idle peers ------------------------------------------------

/// Dials the node at `port` as `count` different nodes, one after the other,
/// and keeps the connections. Prints the time once all are up, then waits.
[[noreturn]] void dial_many(caf::actor_system& sys, const std::string& port,
                            size_t count) {
  caf::scoped_actor self{sys};
  std::vector<connection_actor> connections;
  auto start = clock_type::now();
  for (size_t i = 0; i < count; ++i)
    connections.push_back(connect(self, local(port), unlimited()));
  auto time = std::chrono::duration<double>{clock_type::now() - start};
  auto idle = sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {
        [](const inbound_batch&) {},
        [](sent_atom, const std::vector<channel_credit>&) {},
    };
  });
  for (auto& connection : connections)
    caf::anon_send(connection, start_atom_v, channels(), idle, idle);
  fmt::print("{}\n", time.count());
  std::fflush(stdout);
  for (;;)
    pause();
}

void measure_peers(caf::actor_system& sys, size_t count) {
  system_entropy random;
  node_options options{
      .key = node_key::generate(random),
      .network = "bench",
      .listen = {"mconn://127.0.0.1:0"},
      .max_connected = std::nullopt,
      .max_accepted = 2 * count,
      .inbound = {.exempt = {ip_network::of(ip_address::v4(127, 0, 0, 1))}}};
  auto node = spawn_node(sys, std::move(options));
  caf::scoped_actor self{sys};
  // Opens a channel, counts the peers that come up, and says when all are.
  auto counter = sys.spawn([=, done = caf::actor_cast<caf::actor>(self)](
                               caf::event_based_actor* ptr) -> caf::behavior {
    auto channel = node.open_channel<troupe::echo::EchoMessage>(
        ptr, {.id = data_channel});
    node.subscribe(ptr);
    auto up = std::make_shared<size_t>(0);
    return {
        [](const inbound_envelope&) {},
        [=](const peer_update& update) {
          if (update.status == peer_status::up && ++*up == count)
            ptr->send(done, caf::ok_atom_v);
        },
    };
  });
  uint16_t port = 0;
  self->request(node.router(), 10s, caf::get_atom_v)
      .receive(
          [&port](const std::vector<endpoint>& where) { port = where[0].port; },
          [](const caf::error& reason) {
            fmt::print(stderr, "bench: {}\n", to_string(reason));
            std::exit(1);
          });
  const auto before = resident_bytes();
  child dialers{{"dial", std::to_string(port), std::to_string(count)}};
  auto seconds = std::stod(dialers.read_line());
  self->receive([](caf::ok_atom) {});
  const auto after = resident_bytes();
  fmt::print("handshakes, both ends on this machine      {:8.0f} a second\n",
             static_cast<double>(count) / seconds);
  fmt::print("memory of an idle peer, {} connected      {:8.1f} KiB\n", count,
             static_cast<double>(after - before) / 1024.0
                 / static_cast<double>(count));
  node.stop();
  self->wait_for(node.router());
}

// -- the whole run ------------------------------------------------------------

/// The throughput of one connection, from round to round, beside the speed that
/// the cipher had just before each.
struct link_speed {
  void round(bulk_sender& sender, const child& server, size_t size,
             const cipher_speed& cipher) {
    auto cpu = [&server] {
      return cpu_time_of(CLOCK_PROCESS_CPUTIME_ID) + server.cpu_time();
    };
    const auto before = cpu();
    speeds.push_back(sender.run(size));
    cpu_times.push_back((cpu() - before) / static_cast<int64_t>(size / 1024));
    fractions.push_back(speeds.back() / cipher.slower());
  }

  void print(const char* name, const cipher_speed& best_cipher) {
    const auto best = *std::max_element(speeds.begin(), speeds.end());
    fmt::print("one connection, messages of {}         {:8.0f} MiB/s   "
               "{:.2f} of the cipher (best {:.2f})\n"
               "  CPU time of both ends for 1 KiB           {:8} ns\n",
               name, median(speeds) / mib, median(fractions),
               best / best_cipher.slower(), median(cpu_times).count());
  }

  std::vector<double> speeds = {};
  std::vector<double> fractions = {};
  std::vector<std::chrono::nanoseconds> cpu_times = {};
};

/// Cipher and link take turns in short rounds: what else runs on the machine
/// slows down both.
void measure_link(caf::actor_system& sys) {
  constexpr size_t rounds = 40;
  constexpr size_t round_bytes = 64 * mib;
  child server{{"serve"}};
  auto where = local(server.read_line());
  caf::scoped_actor self{sys};
  bulk_sender small_sender{sys, connect(self, where, unlimited()), 1024};
  bulk_sender large_sender{sys, connect(self, where, unlimited()), 64 * 1024};
  cipher_speed best = {};
  link_speed small;
  link_speed large;
  for (size_t i = 0; i < rounds; ++i) {
    auto cipher = measure_cipher();
    best = {std::max(best.seal, cipher.seal), std::max(best.open, cipher.open)};
    small.round(small_sender, server, round_bytes, cipher);
    large.round(large_sender, server, round_bytes, cipher);
  }
  fmt::print("frame cipher, 1 KiB frames: seal            {:8.0f} MiB/s\n"
             "                            open            {:8.0f} MiB/s\n",
             best.seal / mib, best.open / mib);
  small.print(" 1 KiB", best);
  large.print("64 KiB", best);
  auto idle = measure_echo(sys, connect(self, where, unlimited()), 20000);
  fmt::print("echo of 64 bytes, idle connection, median   {:8.1f} us\n",
             static_cast<double>(idle.median.count()) / 1000.0);
  auto busy = measure_echo(sys, connect(self, where, unlimited()), 1000, true);
  fmt::print("the same beside a flood, median             {:8.1f} us\n"
             "                 99th percentile            {:8.1f} us\n",
             static_cast<double>(busy.median.count()) / 1000.0,
             static_cast<double>(busy.slow.count()) / 1000.0);
}

/// Keeps the two ends of a connection apart, each on half of the cores, as if
/// they were two machines. Where threads of both share a core, it is the
/// kernel's taste in packing them that decides about the figures.
void take_half_of_cores(bool upper) {
  const auto count = std::thread::hardware_concurrency();
  cpu_set_t mine;
  CPU_ZERO(&mine);
  for (unsigned i = 0; i < count; ++i)
    if ((i >= count / 2) == upper)
      CPU_SET(i, &mine);
  // Where it is not allowed, the figures are as good as they can be.
  if (count > 1)
    (void)sched_setaffinity(0, sizeof(mine), &mine);
}

int run(int argc, char** argv) {
  const std::string role = argc > 1 ? argv[1] : "";
  // Before there are any threads, which inherit it.
  take_half_of_cores(role == "serve" || role == "dial");
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  // As in the `troupe` command: workers that look for something to steal would
  // take cores from the others.
  config.set("caf.scheduler.policy", "sharing");
  // The two ends of a connection share the machine.
  config.set("caf.scheduler.max-threads",
             std::max(1U, std::thread::hardware_concurrency() / 2));
  caf::actor_system sys{config};
  if (role == "serve")
    serve(sys);
  if (role == "dial" && argc == 4)
    dial_many(sys, argv[2], std::stoul(argv[3]));
  if (role.empty() || role == "link")
    measure_link(sys);
  if (role.empty() || role == "peers")
    measure_peers(sys, 500);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  // A line at a time, wherever it goes.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return run(argc, argv);
}
