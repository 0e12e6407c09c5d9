// SPDX-License-Identifier: Apache-2.0
//
// One end of a measurement that compares Troupe with other implementations,
// whose programs have the same command line: README.md of the folder above.
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sched.h>

#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "clocks.hpp"
#include "connections.hpp"
#include "nodes.hpp"
#include "troupe/actors/node/node.hpp"
#include "troupe/messages/heap_policy.hpp"
#include "troupe/transport/mconn/frame_cipher.hpp"

namespace {

using namespace troupe;

[[noreturn]] void refuse(std::string_view what) {
  fmt::print(stderr, "perf_troupe: {}\n", what);
  std::exit(2);
}

uint64_t number_from(std::string_view text) {
  uint64_t result = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), result).ptr
      != text.data() + text.size())
    refuse(fmt::format("expected a number, got '{}'", text));
  return result;
}

void measure_cipher() {
  constexpr size_t frames = 128;
  constexpr int rounds = 1500;
  std::array<std::byte, 32> key = {};
  std::vector<std::byte> buffer(frames * frame_sealed_size);
  frame_cipher sealer{key};
  frame_cipher opener{key};
  auto each = [&buffer](auto work) {
    const auto start = versus::seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < frames; ++i)
      if (work(byte_span{buffer}.subspan(i * frame_sealed_size,
                                         frame_sealed_size))
          != errc::none)
        std::exit(1);
    return versus::seconds_of(CLOCK_THREAD_CPUTIME_ID) - start;
  };
  double sealing = 0;
  double opening = 0;
  for (int i = 0; i < rounds; ++i) {
    sealing += each([&](byte_span frame) { return sealer.seal(frame); });
    opening += each([&](byte_span frame) { return opener.open(frame); });
  }
  const auto bytes = double{rounds} * frames * frame_chunk_max;
  fmt::print("{:.0f} {:.0f}\n", bytes / sealing, bytes / opening);
}

size_t cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof(set), &set);
  return static_cast<size_t>(std::max(1, CPU_COUNT(&set)));
}

} // namespace

int main(int argc, char** argv) {
  using namespace troupe::versus;
  auto arg = [&](int i) {
    if (i >= argc)
      refuse("too few arguments; tests/bench/README.md says which there are");
    return std::string{argv[i]};
  };
  const auto role = arg(1);
  if (role == "cipher") {
    measure_cipher();
    return 0;
  }
  keep_heap_small();
  caf::core::init_global_meta_objects();
  caf::io::middleman::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  // Each end has its core. Threads that look for work elsewhere take part of
  // it.
  config.set("caf.scheduler.policy", "sharing");
  config.set("caf.scheduler.max-threads", cores());
  caf::actor_system sys{config};
  if (role == "dial" || role == "dial-quic") {
    dial_as_peers(sys, level_from("conn" + role.substr(4)),
                  static_cast<uint16_t>(number_from(arg(2))),
                  number_from(arg(3)));
    return 0;
  }
  const auto how = level_from(arg(2));
  if (role == "serve" && how.connections)
    serve_connections(sys, how);
  else if (role == "serve")
    serve_node(sys, how);
  else if (role != "load")
    refuse(fmt::format("'{}' is neither serve, load, dial nor cipher", role));
  else if (how.connections)
    load_connections(sys, static_cast<uint16_t>(number_from(arg(3))),
                     static_cast<pid_t>(number_from(arg(5))), how);
  else
    load_node(sys,
              fmt::format("{}://{}@127.0.0.1:{}", how.protocol, arg(4), arg(3)),
              static_cast<pid_t>(number_from(arg(5))), how);
}
