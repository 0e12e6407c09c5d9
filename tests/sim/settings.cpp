// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "troupe/tests/harness/quic/sim_quic_transport_actor.hpp"

namespace troupe::testing {

namespace {

constexpr auto usage = R"(usage: troupe_sim [options]
  --seeds N     how many scenarios (100)
  --first N     the first seed (1)
  --seed N      only this one; a failure is printed with its trace
  --shrink      with --seed: look for the smallest scenario that still fails
  --html FILE   with --seed: write a page that shows the run
  --beside N    with --html: show the run of another seed beside it
  --nodes N     nodes in each (20)
  --minutes M   simulated minutes with faults in each (2)
  --mode MODE   mconn, messages or quic (mconn)
  --jobs N      processes (all cores)
  --budget S    begin no further scenario after S real seconds
  --first-only  begin no further scenario once one has failed
  --hashes      print the hash of every run
  --properties  print in how many runs each property of Troupe held
  --until-met N go on until each of them has, with up to N seeds
)";

[[noreturn]] void refuse(const std::string& what) {
  fmt::print(stderr, "troupe_sim: {}\n{}", what, usage);
  std::exit(2);
}

double number(std::string_view option, const char* text, double least) {
  char* end = nullptr;
  auto result = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(result >= least))
    refuse(fmt::format("{} is '{}', expected a number of at least {}", option,
                       text, least));
  return result;
}

} // namespace

settings parse_settings(int argc, char** argv) {
  settings result;
  result.jobs = std::max(1u, std::thread::hardware_concurrency());
  for (int i = 1; i < argc; ++i) {
    auto option = std::string_view{argv[i]};
    if (option == "--help") {
      fmt::print("{}", usage);
      std::exit(0);
    }
    if (option == "--hashes") {
      result.hashes = true;
      continue;
    }
    if (option == "--shrink") {
      result.shrink = true;
      continue;
    }
    if (option == "--properties") {
      result.properties = true;
      continue;
    }
    if (option == "--first-only") {
      result.first_only = true;
      continue;
    }
    if (i + 1 == argc)
      refuse(fmt::format("{} is unknown or needs a value", option));
    auto value = argv[++i];
    if (option == "--seeds") {
      result.count = static_cast<uint64_t>(number(option, value, 1));
    } else if (option == "--first") {
      result.first = static_cast<uint64_t>(number(option, value, 0));
    } else if (option == "--seed") {
      result.first = static_cast<uint64_t>(number(option, value, 0));
      result.count = 1;
      result.single = true;
    } else if (option == "--nodes") {
      result.scenario.nodes = static_cast<size_t>(number(option, value, 2));
    } else if (option == "--minutes") {
      result.scenario.chaos = std::chrono::duration_cast<duration>(
          std::chrono::duration<double, std::ratio<60>>{
              number(option, value, 0)});
    } else if (option == "--jobs") {
      result.jobs = static_cast<unsigned>(number(option, value, 1));
    } else if (option == "--until-met") {
      result.until_all_met = static_cast<uint64_t>(number(option, value, 1));
    } else if (option == "--html") {
      result.html = value;
    } else if (option == "--beside") {
      result.beside = static_cast<uint64_t>(number(option, value, 0));
    } else if (option == "--budget") {
      result.budget = number(option, value, 0);
    } else if (option == "--mode") {
      constexpr auto modes
          = std::array{fidelity::mconn, fidelity::messages, fidelity::quic};
      const auto mode = std::ranges::find(modes, value,
                                          [](auto x) { return to_string(x); });
      if (mode == modes.end())
        refuse(fmt::format("--mode is '{}', expected mconn, messages or quic",
                           value));
      if (*mode == fidelity::quic && !has_sim_quic())
        refuse("this build has no QUIC");
      result.scenario.how = *mode;
    } else {
      refuse(fmt::format("unknown option '{}'", option));
    }
  }
  if ((result.shrink || !result.html.empty()) && !result.single)
    refuse("--shrink and --html need a --seed");
  return result;
}

} // namespace troupe::testing
