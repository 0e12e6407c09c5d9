// SPDX-License-Identifier: Apache-2.0

// Who surrounds a node: our rules and CometBFT's under the same attacks. See
// ../README.md for what it prints.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "attack.hpp"
#include "book_lines.hpp"

namespace {

using namespace troupe::eclipse;

constexpr const char* usage
    = "usage: troupe_eclipse [--seeds N] [--first N] [--attack NAME]\n"
      "       troupe_eclipse --book [--books N] [--selections N] [--picks N] "
      "[--bias B] < LINES\n";

struct summary {
  double mean = 0;
  double deviation = 0;
  double worst = 0;
};

summary summarize(const std::vector<double>& values) {
  summary result;
  const auto count = static_cast<double>(values.size());
  for (auto x : values) {
    result.mean += x / count;
    result.worst = std::max(result.worst, x);
  }
  for (auto x : values)
    result.deviation += (x - result.mean) * (x - result.mean) / count;
  result.deviation = std::sqrt(result.deviation);
  return result;
}

struct settings {
  uint64_t seeds = 10;
  uint64_t first = 1;
  std::string attack = {};
  bool book = false;
  book_questions questions = {};
};

bool read_number(const char* text, uint64_t& to) {
  const auto* end = text + std::strlen(text);
  auto [last, code] = std::from_chars(text, end, to);
  return code == std::errc{} && last == end;
}

bool parse(int argc, char** argv, settings& to) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--book") {
      to.book = true;
      continue;
    }
    if (i + 1 == argc)
      return false;
    const auto* value = argv[++i];
    uint64_t number = 0;
    if (name == "--attack") {
      to.attack = value;
      continue;
    }
    if (!read_number(value, number))
      return false;
    if (name == "--seeds")
      to.seeds = number;
    else if (name == "--first")
      to.first = number;
    else if (name == "--books")
      to.questions.books = number;
    else if (name == "--selections")
      to.questions.selections = number;
    else if (name == "--picks")
      to.questions.picks = number;
    else if (name == "--bias" && number <= 100)
      to.questions.bias = static_cast<int>(number);
    else
      return false;
  }
  return to.seeds > 0;
}

/// Prints a line for each of the two. @returns the mean shares.
std::pair<double, double> measure(const attack_options& attack,
                                  std::string_view rules,
                                  const make_victim& make,
                                  const settings& how) {
  std::vector<double> outgoing, all, count;
  for (uint64_t i = 0; i < how.seeds; ++i) {
    const auto result = run(attack, make, how.first + i);
    outgoing.push_back(100 * result.outgoing);
    all.push_back(100 * result.all);
    count.push_back(result.all_count);
  }
  const auto out = summarize(outgoing);
  const auto both = summarize(all);
  fmt::print("{:24} {:9} {:5.1f} +- {:4.1f} ({:5.1f})  {:5.1f} +- {:4.1f} "
             "({:5.1f})  {:4.1f}\n",
             attack.name, rules, out.mean, out.deviation, out.worst, both.mean,
             both.deviation, both.worst, summarize(count).mean);
  std::fflush(stdout);
  return {out.mean, both.mean};
}

} // namespace

int main(int argc, char** argv) {
  settings how;
  if (!parse(argc, argv, how)) {
    fmt::print(stderr, "{}", usage);
    return 2;
  }
  if (how.book) {
    if (answer_lines(std::cin, std::cout, how.questions))
      return 0;
    fmt::print(stderr, "troupe_eclipse: a line cannot be read\n");
    return 1;
  }
  fmt::print("{:24} {:9} {:22}  {:22}  {}\n", "attack", "rules",
             "outgoing % (worst)", "all % (worst)", "connections");
  auto found = false;
  for (const auto& attack : attacks()) {
    if (!how.attack.empty() && attack.name != how.attack)
      continue;
    found = true;
    const auto theirs = measure(attack, "CometBFT", with_cometbft_rules(), how);
    const auto ours = measure(attack, "ours", with_our_rules(), how);
    fmt::print("{:24} {:9} {:5.2f} {:18} {:5.2f}\n", attack.name, "ratio",
               ours.first / theirs.first, "", ours.second / theirs.second);
  }
  if (!found) {
    fmt::print(stderr, "troupe_eclipse: no such attack\n");
    return 2;
  }
  return 0;
}
