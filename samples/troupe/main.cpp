// SPDX-License-Identifier: Apache-2.0
//
// A node for the command line:
//
//     troupe init --home ./a
//     troupe start --home ./a --listen mconn://127.0.0.1:26656 --echo
//     troupe probe ID@127.0.0.1:26656
//     troupe peers --home ./a
//     troupe demo
//
// Each subcommand is a file; `troupe SUBCOMMAND --help` lists its options.
#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <caf/config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/heap_policy.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/foreign_names.hpp"
#include "troupe/samples/troupe/nearest_name.hpp"
#include "troupe/samples/troupe/result_output.hpp"
#include "troupe/samples/troupe/standard_streams.hpp"
#include "troupe/samples/troupe/start_options.hpp"

namespace troupe::command {

namespace {

constexpr std::string_view help = R"(usage: troupe SUBCOMMAND [OPTIONS]

  init          makes a home: a node key and a configuration file
  show-node-id  prints the node ID of a home
  start         runs a node until SIGINT or SIGTERM
  ctl           steers a running node
  probe         asks a running node who it is
  peers         lists the peers that a node knows, whether it runs or not;
                reads and writes address books, and verifies them
  crawl         walks a network and maps it
  monitor       listens to what the nodes of a network tell each other
  top           shows a running node on a live screen
  demo          runs a small network in this process
  options       prints the reference of all options, and completions

'troupe SUBCOMMAND --help' lists the options. Exit status: 0 success,
1 failure, 2 bad usage.
)";

struct subcommand {
  std::string_view name;
  int (*run)(const words&);
};

constexpr subcommand subcommands[] = {
    {"init", run_init},       {"show-node-id", run_show_node_id},
    {"start", run_start},     {"probe", run_probe},
    {"peers", run_peers},     {"ctl", run_ctl},
    {"crawl", run_crawl},     {"demo", run_demo},
    {"options", run_options}, {"top", run_top},
    {"monitor", run_monitor},
};

/// `show_node_id` is CometBFT's.
bool is_called(const subcommand& known, std::string name) {
  std::ranges::replace(name, '_', '-');
  return known.name == name;
}

int print_version() {
  const auto defaults = initial_node_options();
  std::cout << fmt::format("{}, p2p protocol {}, CAF {}.{}.{}\n",
                           defaults.version, defaults.versions.p2p,
                           CAF_MAJOR_VERSION, CAF_MINOR_VERSION,
                           CAF_PATCH_VERSION);
  return success;
}

std::string advice(const std::string& name) {
  if (name.starts_with('-'))
    return "; options stand behind it: 'troupe start --home DIR'";
  if (const auto answer = answer_to_foreign_command(name); !answer.empty())
    return fmt::format("; {}", answer);
  return did_you_mean(name, subcommand_names());
}

int run(const words& arguments) {
  if (arguments.empty()) {
    std::cerr << help;
    return bad_usage;
  }
  const auto& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    std::cout << help;
    return success;
  }
  if (name == "--version" || name == "-V" || name == "version")
    return print_version();
  for (const auto& known : subcommands)
    if (is_called(known, name))
      return known.run({arguments.begin() + 1, arguments.end()});
  return complain(bad_usage,
                  fmt::format("unknown subcommand {}{}; 'troupe --help' lists "
                              "them",
                              troupe::quoted(name), advice(name)));
}

} // namespace

std::vector<std::string_view> subcommand_names() {
  std::vector<std::string_view> result;
  for (const auto& each : subcommands)
    result.push_back(each.name);
  return result;
}

} // namespace troupe::command

int main(int argc, char** argv) {
  using namespace troupe::command;
  if (!open_standard_streams())
    return failed;
  // A reader of our output that is gone is an error of a write, not our end.
  std::signal(SIGPIPE, SIG_IGN);
  troupe::keep_heap_small();
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  result_output output;
  auto status = failed;
  try {
    status = run({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::exception& problem) {
    // Out of memory, threads or descriptors.
    complain(failed, problem.what());
  }
  return output.finish(status);
}
