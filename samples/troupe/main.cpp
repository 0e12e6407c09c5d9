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
#include <csignal>
#include <exception>
#include <iostream>
#include <utility>

#include <fmt/format.h>

#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/heap_policy.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/result_output.hpp"
#include "troupe/samples/troupe/standard_streams.hpp"

namespace troupe::command {

namespace {

constexpr std::string_view help = R"(usage: troupe SUBCOMMAND [OPTIONS]

  init          makes a home: a node key and a configuration file
  show-node-id  prints the node ID of a home
  start         runs a node until SIGINT or SIGTERM
  ctl           steers a running node
  probe         asks a running node who it is
  peers         lists the peers that a node knows, whether it runs or not
  demo          runs a small network in this process

'troupe SUBCOMMAND --help' lists the options. Exit status: 0 success,
1 failure, 2 bad usage.
)";

struct subcommand {
  std::string_view name;
  int (*run)(const words&);
};

constexpr subcommand subcommands[] = {
    {"init", run_init},   {"show-node-id", run_show_node_id},
    {"start", run_start}, {"probe", run_probe},
    {"peers", run_peers}, {"ctl", run_ctl},
    {"demo", run_demo},
};

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
  for (const auto& [known, function] : subcommands)
    if (name == known)
      return function({arguments.begin() + 1, arguments.end()});
  return complain(bad_usage,
                  fmt::format("unknown subcommand {}; 'troupe --help' lists "
                              "them",
                              troupe::quoted(name)));
}

} // namespace

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
