// SPDX-License-Identifier: Apache-2.0

// What gossip costs and how fast it is, beside flooding, in simulated networks.
//
//     troupe_bench_gossip [NODES PUBLISHERS SIZE [TREES COPIES]]
//
// Without arguments, the table of samples/gossip/README.md. Exit status: 1 if a
// message did not reach every node.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include <caf/init_global_meta_objects.hpp>

#include "publishers.hpp"
#include "troupe/samples/gossip/type_ids.hpp"
#include "troupe/tests/harness/network.hpp"

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::bench;
using namespace troupe::testing;

/// A network and what it is used for.
struct plan {
  size_t nodes;
  size_t publishers;
  size_t size;
  gossip_options options = {.topics = {"news"}};
};

struct outcome {
  /// To the last node, in milliseconds: the mean and the worst of all messages.
  double latency_ms = 0;
  double worst_ms = 0;
  double bytes = 0;
  double copies = 0;
  std::map<std::string, double> bytes_by_kind;
  /// Before the trees have settled.
  double bytes_at_first = 0;
};

constexpr uint64_t seed = 1;
constexpr size_t degree = 6;
constexpr size_t messages = 60;

double bytes_of(const publishers& all) {
  double result = 0;
  for (const auto& [kind, count] : all.wire())
    result += static_cast<double>(count.bytes);
  return result;
}

/// Lets publishers take turns, drawn, and waits until all is quiet.
void publish(network& net, publishers& all, const plan& what, size_t count) {
  // The same ones, whatever else is drawn.
  sim_random random{seed};
  for (size_t i = 0; i < count; ++i) {
    all.publish(i < what.publishers ? i : random.below(what.publishers),
                what.size);
    net.advance(250ms);
  }
  net.advance(5s);
}

outcome play(const plan& what, method how) {
  network net{seed, {.how = fidelity::messages}};
  publishers all{net, how, what.options};
  sim_random random{seed};
  net.add_nodes(what.nodes).connect(random_graph(what.nodes, degree, random));
  net.place(regions::ibm_cloud());
  net.start();
  if (!net.run_until([&net] { return net.meshed(); }, 10min))
    throw std::runtime_error{"not connected after ten minutes"};
  net.advance(5s);
  all.begin();
  outcome result;
  if (how == method::gossip) {
    // Every tree has been used by then.
    const auto first = std::max(size_t{40}, 2 * what.publishers);
    publish(net, all, what, first);
    result.bytes_at_first = bytes_of(all) / static_cast<double>(first);
    // Until what is repeated for a time is as much as it always is.
    net.advance(what.options.remind_time);
    all.begin();
  }
  publish(net, all, what, messages);
  net.advance(what.options.remind_time);
  for (const auto& message : all.messages()) {
    if (message.reached != what.nodes)
      throw std::runtime_error{fmt::format("a message reached {} of {} nodes",
                                           message.reached, what.nodes)};
    const auto took
        = std::chrono::duration<double, std::milli>{message.last - message.at}
              .count();
    result.latency_ms += took / messages;
    result.worst_ms = std::max(result.worst_ms, took);
  }
  result.bytes = bytes_of(all) / messages;
  for (const auto& [kind, count] : all.wire())
    result.bytes_by_kind[kind] = static_cast<double>(count.bytes) / messages;
  result.copies = static_cast<double>(all.wire().at("payload").messages)
                  / messages / static_cast<double>(what.nodes - 1);
  return result;
}

void compare(const plan& what) {
  const auto flood = play(what, method::flooding);
  const auto tree = play(what, method::gossip);
  auto kib = [&](const char* kind) {
    auto i = tree.bytes_by_kind.find(kind);
    return i != tree.bytes_by_kind.end() ? i->second / 1024 : 0;
  };
  fmt::print("| {} | {} | {} | {:.2f} -> {:.2f} | {:.0f} -> {:.0f} | {:.2f} | "
             "{:.0f} -> {:.1f} | {:.3f} | {:.1f} / {:.1f} / {:.2f} / {:.1f} | "
             "{:.2f} |\n",
             what.nodes, what.publishers, what.size, flood.copies - 1,
             tree.copies - 1, flood.latency_ms, tree.latency_ms,
             tree.latency_ms / flood.latency_ms, flood.bytes / 1024,
             tree.bytes / 1024, tree.bytes / flood.bytes, kib("payload"),
             kib("announcement"), kib("graft") + kib("prune"), kib("topics"),
             tree.bytes_at_first / flood.bytes);
}

} // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  caf::init_global_meta_objects<caf::id_block::troupe_gossip>();
  auto number = [&](int index, size_t otherwise) {
    return index < argc
               ? static_cast<size_t>(std::strtoull(argv[index], nullptr, 10))
               : otherwise;
  };
  if (argc != 1 && argc != 4 && argc != 6) {
    fmt::print(stderr, "usage: troupe_bench_gossip "
                       "[NODES PUBLISHERS SIZE [TREES COPIES]]\n");
    return 2;
  }
  fmt::print(
      "| nodes | publishers | bytes of a message | duplicates a node | last "
      "node, ms | ratio | KiB a message | ratio | payloads / announcements / "
      "grafts, prunes / topics, KiB | ratio at first |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n");
  try {
    if (argc > 1) {
      plan what{number(1, 0), number(2, 0), number(3, 0)};
      what.options.trees = number(4, what.options.trees);
      what.options.copies = number(5, what.options.copies);
      if (what.nodes < 10 || what.publishers < 1 || what.publishers > what.nodes
          || what.size < 8) {
        fmt::print(stderr, "at least 10 nodes, not more publishers, 8 bytes\n");
        return 2;
      }
      compare(what);
    } else {
      compare({30, 1, 1024});
      compare({30, 30, 1024});
      compare({300, 1, 1024});
    }
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 1;
  }
  return 0;
}
