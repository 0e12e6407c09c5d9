// SPDX-License-Identifier: Apache-2.0

// How fast the harness simulates: a network that is large and one that is
// real to the last byte.
//
//     troupe_bench_sim [NODES [REAL]]   nodes of the large one (1000) and of
//                                       the real one (50)
//
// Exit status: 1 if a flood did not reach every node.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "flood.hpp"
#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/probe.hpp"

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::bench;
using namespace troupe::testing;

using real_clock = std::chrono::steady_clock;

constexpr uint64_t seed = 1;

double seconds(auto span) {
  return std::chrono::duration<double>{span}.count();
}

size_t resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  size_t total = 0;
  size_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

/// Time that this process, which has one thread, was at work: the machine may
/// have other things to do.
double work_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// What one part of a simulation takes.
class stretch {
public:
  stretch(network& net, std::string name)
    : net_(net),
      name_(std::move(name)),
      entries_(net.system().trace().size()),
      simulated_(net.now()) {}

  stretch(const stretch&) = delete;

  stretch& operator=(const stretch&) = delete;

  ~stretch() {
    auto real = seconds(real_clock::now() - start_);
    auto simulated = seconds(net_.now() - simulated_);
    auto work = work_seconds() - work_;
    auto events = net_.system().trace().size() - entries_;
    fmt::print("  {:<14}{:7.2f} s simulated in {:5.2f} s ({:5.2f} s of work): "
               "{:7.2f} s and {:6.0f} of {} events a second of work\n",
               name_, simulated, real, work, simulated / work,
               static_cast<double>(events) / work, events);
  }

private:
  network& net_;
  std::string name_;
  real_clock::time_point start_ = real_clock::now();
  double work_ = work_seconds();
  uint64_t entries_;
  time_point simulated_;
};

/// @param before memory without the nodes, in bytes.
void tell_memory(size_t before, size_t nodes) {
  fmt::print("  {:.1f} KiB a node\n",
             static_cast<double>(resident_bytes() - before) / 1024.0
                 / static_cast<double>(nodes));
}

/// @returns whether a flood from one node reached all.
bool flood_through(size_t nodes) {
  const auto before = resident_bytes();
  network net{seed, {.how = fidelity::messages}};
  fmt::print("{} nodes, messages\n", nodes);
  {
    auto whole = stretch{net, "all of it"};
    flood water{net};
    {
      auto part = stretch{net, "build, connect"};
      net.add_nodes(nodes).connect(
          random_graph(nodes, 6, net.system().random()));
      net.start();
      if (!net.run_until([&net] { return net.meshed(); }, 10min)) {
        fmt::print("  not connected after ten minutes\n");
        return false;
      }
    }
    {
      auto part = stretch{net, "flood"};
      water.begin(0);
      if (!net.run_until([&] { return water.record().reached == nodes; },
                         1min)) {
        fmt::print("  the flood reached {} of {} nodes\n",
                   water.record().reached, nodes);
        return false;
      }
    }
    fmt::print("  reached {} of {} nodes, with {} messages\n",
               water.record().reached, nodes, water.record().arrivals);
    tell_memory(before, nodes);
    {
      auto part = stretch{net, "idle"};
      net.advance(10min);
    }
    auto part = stretch{net, "stop"};
    net.finish();
  }
  return true;
}

void talk(size_t nodes) {
  const auto before = resident_bytes();
  fmt::print("{} nodes, MConnection, a message a second from each\n", nodes);
  network net{seed, {.how = fidelity::mconn}};
  probe talk{net};
  {
    auto part = stretch{net, "build, connect"};
    net.add_nodes(nodes).connect(random_graph(nodes, 6, net.system().random()));
    net.start();
    if (!net.run_until([&net] { return net.meshed(); }, 10min))
      throw std::runtime_error{"not connected after ten minutes"};
  }
  {
    auto part = stretch{net, "talk"};
    net.advance(2min);
  }
  tell_memory(before, nodes);
  talk.rest();
  net.advance(1min);
  talk.audit();
  auto part = stretch{net, "stop"};
  net.finish();
}

} // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  auto nodes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
  auto real = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 50;
  if (nodes < 10 || real < 10) {
    fmt::print(stderr, "usage: troupe_bench_sim [NODES [REAL]], at least 10\n");
    return 2;
  }
  try {
    if (!flood_through(nodes))
      return 1;
    talk(real);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 1;
  }
  return 0;
}
