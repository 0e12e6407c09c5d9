// SPDX-License-Identifier: Apache-2.0

// Runs random scenarios, each a function of its seed:
//
//     troupe_sim --seeds 1000 --minutes 2 --nodes 20
//     troupe_sim --seed 17 --nodes 20            one of them, with its trace
//
// Exit status: 0 if all invariants held, 1 if not, 2 on bad usage.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenario.hpp"
#include "settings.hpp"
#include "troupe/tests/harness/run_record.hpp"
#include "worker_pool.hpp"

namespace {

using namespace troupe;
using namespace troupe::testing;

using real_clock = std::chrono::steady_clock;

/// Says which seed comes next, and prints what becomes of each.
class runner {
public:
  explicit runner(const settings& options) : options_(options) {}

  /// @returns whether all invariants held.
  bool run() {
    auto play = [this](uint64_t seed) {
      return run_scenario(seed, options_.scenario);
    };
    if (!options_.html.empty())
      draw();
    else if (options_.single)
      note(options_.first, play(options_.first));
    else
      worker_pool{options_.jobs, play}.run(
          [this] { return next(); },
          [this](uint64_t seed, const auto& what) { note(seed, what); });
    if (options_.shrink && failed_ > 0)
      print_smallest();
    print_end();
    return failed_ == 0 && passed_ > 0;
  }

private:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>{real_clock::now() - start_}.count();
  }

  std::optional<uint64_t> next() {
    const auto wanted
        = begun_ < options_.count
          || (begun_ < options_.until_all_met
              && !properties_.never(property_tally::troupe_prefix).empty());
    if (!wanted || (options_.first_only && failed_ > 0)
        || (options_.budget && seconds() > *options_.budget))
      return std::nullopt;
    return options_.first + begun_++;
  }

  void note(uint64_t seed, const scenario_result& result) {
    entries_ += result.entries;
    simulated_ += std::chrono::duration<double>{result.simulated}.count();
    properties_.add_run(result.properties);
    if (options_.hashes)
      fmt::print("seed={} hash={:016x} entries={}\n", seed, result.hash,
                 result.entries);
    if (!result.failure) {
      ++passed_;
    } else {
      ++failed_;
      auto first = result.failure->substr(0, result.failure->find('\n'));
      fmt::print("seed={} failed: {}\n", seed,
                 options_.single ? *result.failure : first);
    }
    if ((passed_ + failed_) % 25 == 0)
      fmt::print(stderr, "{} of {} seeds, {} failed, {:.0f} s\n",
                 passed_ + failed_, options_.count, failed_, seconds());
    std::fflush(stdout);
  }

  /// Plays one seed, or two, for a page.
  void draw() {
    std::vector<std::string> records;
    auto play = [&](uint64_t seed) {
      auto result = run_scenario(draw_scenario(seed, options_.scenario),
                                 options_.scenario.how, true);
      records.push_back(std::move(result.record));
      note(seed, result);
    };
    play(options_.first);
    if (options_.beside)
      play(*options_.beside);
    auto out = std::ofstream{options_.html};
    out << run_page(records);
    out.close();
    if (!out)
      fmt::print(stderr, "troupe_sim: cannot write {}\n", options_.html);
  }

  void print_smallest() const {
    const auto drawn = draw_scenario(options_.first, options_.scenario);
    auto play = [&](const scenario& what) -> std::optional<std::string> {
      auto result = run_scenario({what, drawn.kinds}, options_.scenario.how);
      if (!result.failure)
        return std::nullopt;
      return result.problem;
    };
    const auto found = shrink(drawn.what, play);
    if (!found)
      return;
    fmt::print("the smallest of {} scenarios that fails like that has {} of "
               "{} faults and {} of {} nodes:\n{}\n{}\n",
               found->runs, found->smallest.faults.size(),
               drawn.what.faults.size(), found->smallest.nodes,
               drawn.what.nodes, found->problem, found->smallest.code());
  }

  void print_end() const {
    const auto real = seconds();
    if (options_.properties)
      fmt::print("{}", properties_.report(passed_ + failed_,
                                          property_tally::troupe_prefix));
    fmt::print("{} of {} seeds passed, {} failed; {:.1f} s, {:.0f} events a "
               "second, {:.0f} simulated seconds a second\n",
               passed_, std::max(options_.count, passed_ + failed_), failed_,
               real, static_cast<double>(entries_) / real, simulated_ / real);
  }

  settings options_;
  real_clock::time_point start_ = real_clock::now();
  uint64_t begun_ = 0;
  uint64_t passed_ = 0;
  uint64_t failed_ = 0;
  uint64_t entries_ = 0;
  double simulated_ = 0;
  property_tally properties_;
};

} // namespace

int main(int argc, char** argv) {
  return runner{parse_settings(argc, argv)}.run() ? 0 : 1;
}
