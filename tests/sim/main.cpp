// SPDX-License-Identifier: Apache-2.0

// Runs random scenarios, each a function of its seed:
//
//     troupe_sim --seeds 1000 --minutes 2 --nodes 20
//     troupe_sim --seed 17 --nodes 20            one of them, with its trace
//
// Exit status: 0 if all invariants held, 1 if not, 2 on bad usage.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <caf/init_global_meta_objects.hpp>

#include "scenario.hpp"

namespace {

using namespace troupe;
using namespace troupe::testing;

using real_clock = std::chrono::steady_clock;

constexpr auto usage = R"(usage: troupe_sim [options]
  --seeds N     how many scenarios (100)
  --first N     the first seed (1)
  --seed N      only this one; a failure is printed with its trace
  --nodes N     nodes in each (20)
  --minutes M   simulated minutes with faults in each (2)
  --mode MODE   mconn or messages (mconn)
  --jobs N      threads (all cores)
  --budget S    begin no further scenario after S real seconds
  --first-only  begin no further scenario once one has failed
  --hashes      print the hash of every run
)";

struct settings {
  uint64_t first = 1;
  uint64_t count = 100;
  bool single = false;
  bool hashes = false;
  bool first_only = false;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  std::optional<double> budget;
  scenario_options scenario;
};

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

settings parse(int argc, char** argv) {
  settings result;
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
    } else if (option == "--budget") {
      result.budget = number(option, value, 0);
    } else if (option == "--mode") {
      if (std::string_view{value} == "messages")
        result.scenario.how = fidelity::messages;
      else if (std::string_view{value} != "mconn")
        refuse(
            fmt::format("--mode is '{}', expected mconn or messages", value));
    } else {
      refuse(fmt::format("unknown option '{}'", option));
    }
  }
  return result;
}

/// Hands out seeds to threads, and prints what becomes of them.
class runner {
public:
  explicit runner(const settings& options) : options_(options) {}

  /// @returns whether all invariants held.
  bool run() {
    std::vector<std::thread> threads;
    auto jobs = std::min<uint64_t>(options_.jobs, options_.count);
    for (uint64_t i = 0; i < jobs; ++i)
      threads.emplace_back([this] { work(); });
    for (auto& thread : threads)
      thread.join();
    auto real = seconds();
    fmt::print("{} of {} seeds passed, {} failed; {:.1f} s, {:.0f} events a "
               "second, {:.0f} simulated seconds a second\n",
               passed_, options_.count, failed_, real,
               static_cast<double>(entries_) / real, simulated_ / real);
    return failed_ == 0 && passed_ > 0;
  }

private:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>{real_clock::now() - start_}.count();
  }

  void work() {
    for (;;) {
      auto index = next_.fetch_add(1);
      if (index >= options_.count || (options_.first_only && stop_)
          || (options_.budget && seconds() > *options_.budget))
        return;
      auto seed = options_.first + index;
      note(seed, run_scenario(seed, options_.scenario));
    }
  }

  void note(uint64_t seed, const scenario_result& result) {
    auto guard = std::lock_guard{mutex_};
    entries_ += result.entries;
    simulated_ += std::chrono::duration<double>{result.simulated}.count();
    if (options_.hashes)
      fmt::print("seed={} hash={:016x} entries={}\n", seed, result.hash,
                 result.entries);
    if (!result.failure) {
      ++passed_;
    } else {
      ++failed_;
      stop_ = true;
      auto first = result.failure->substr(0, result.failure->find('\n'));
      fmt::print("seed={} failed: {}\n", seed,
                 options_.single ? *result.failure : first);
    }
    if ((passed_ + failed_) % 25 == 0)
      fmt::print(stderr, "{} of {} seeds, {} failed, {:.0f} s\n",
                 passed_ + failed_, options_.count, failed_, seconds());
    std::fflush(stdout);
  }

  settings options_;
  real_clock::time_point start_ = real_clock::now();
  std::atomic<uint64_t> next_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  uint64_t passed_ = 0;
  uint64_t failed_ = 0;
  uint64_t entries_ = 0;
  double simulated_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  return runner{parse(argc, argv)}.run() ? 0 : 1;
}
