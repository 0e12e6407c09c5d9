// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/shrink.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "troupe/tests/harness/duration_code.hpp"

namespace troupe::testing {

namespace {

using namespace std::chrono_literals;

/// No run gets shorter than this: there would be nothing to see.
constexpr duration span_min = 1ms;

bool is_calm(const timed_fault& what) {
  return what.second.name == "calm";
}

bool mentions(const fault& what, size_t nodes) {
  return std::any_of(what.nodes.begin(), what.nodes.end(),
                     [nodes](size_t number) { return number >= nodes; });
}

/// Tries one scenario after the other, and keeps the smallest that fails.
class shrinker {
public:
  shrinker(const scenario& first, std::string problem,
           const scenario_player& play, const shrink_options& options)
    : play_(play),
      options_(options),
      reason_(reason_of(problem)),
      best_{first, std::move(problem), 1} {}

  shrunk_scenario run() {
    drop_faults();
    drop_nodes();
    shorten();
    // What needed a node or time may be gone now.
    drop_faults();
    round_times();
    return std::move(best_);
  }

private:
  [[nodiscard]] const scenario& smallest() const {
    return best_.smallest;
  }

  /// Keeps a scenario if it fails for the same reason.
  bool keep(scenario candidate) {
    for (size_t i = 0; i <= options_.variations; ++i) {
      if (best_.runs >= options_.runs_max)
        return false;
      if (i > 0)
        candidate.run.turns = {{0, candidate.run.seed + i}};
      ++best_.runs;
      auto problem = play_(candidate);
      if (!problem || reason_of(*problem) != reason_)
        continue;
      best_.smallest = std::move(candidate);
      best_.problem = std::move(*problem);
      return true;
    }
    return false;
  }

  /// Half of them at once, then a quarter, and in the end one by one.
  void drop_faults() {
    for (auto size = std::max<size_t>(smallest().faults.size() / 2, 1);;
         size /= 2) {
      for (size_t first = 0; first < smallest().faults.size();) {
        auto candidate = smallest();
        auto& all = candidate.faults;
        const auto begin = all.begin() + static_cast<ptrdiff_t>(first);
        const auto end
            = begin
              + static_cast<ptrdiff_t>(std::min(size, all.size() - first));
        const auto last = std::remove_if(
            begin, end, [](const auto& x) { return !is_calm(x); });
        const auto changes = last != end;
        all.erase(last, end);
        if (!changes || !keep(std::move(candidate)))
          first += size;
      }
      if (size <= 1)
        return;
    }
  }

  /// Those with the highest numbers, with all faults that name them.
  void drop_nodes() {
    for (auto count = smallest().nodes / 2; count > 0;) {
      auto candidate = smallest();
      if (candidate.nodes <= count || candidate.nodes - count < 2) {
        count /= 2;
        continue;
      }
      candidate.nodes -= count;
      std::erase_if(candidate.faults, [&](const auto& x) {
        return mentions(x.second, candidate.nodes);
      });
      if (!keep(std::move(candidate)))
        count /= 2;
    }
  }

  /// Less time behind the faults, then less before them and between them.
  void shorten() {
    for (auto left = 20; left > 0 && cut_span(smallest().span / 2); --left) {
      // Again.
    }
    for (auto left = 20; left > 0 && scale(); --left) {
      // Again.
    }
  }

  bool cut_span(duration span) {
    if (span < span_min)
      return false;
    auto candidate = smallest();
    candidate.span = span;
    std::erase_if(candidate.faults, [span](const auto& x) {
      return !is_calm(x) && x.first >= span;
    });
    end_with_calm(candidate);
    return keep(std::move(candidate));
  }

  bool scale() {
    auto candidate = smallest();
    if (candidate.span / 2 < span_min)
      return false;
    candidate.span /= 2;
    for (auto& [when, what] : candidate.faults)
      when /= 2;
    return keep(std::move(candidate));
  }

  static void end_with_calm(scenario& what) {
    for (auto& [when, each] : what.faults)
      if (each.name == "calm")
        when = what.span;
  }

  /// Whole seconds read better than nanoseconds.
  void round_times() {
    for (auto unit : {duration{1s}, duration{100ms}, duration{1ms}}) {
      auto candidate = smallest();
      auto round
          = [unit](duration time) { return (time + unit / 2) / unit * unit; };
      candidate.span = std::max(round(candidate.span), unit);
      for (auto& [when, what] : candidate.faults)
        when = round(when);
      if (keep(std::move(candidate)))
        return;
    }
  }

  const scenario_player& play_;
  const shrink_options& options_;
  std::string reason_;
  shrunk_scenario best_;
};

} // namespace

std::string scenario::code() const {
  auto result = fmt::format("network net{{{}}};\nnet.add_nodes({});\n",
                            run.code(), nodes);
  for (const auto& [when, what] : faults)
    result += fmt::format("net.at({}, {});\n", duration_code(when),
                          what.code.empty() ? "/* " + what.name + " */"
                                            : what.code);
  return result
         + fmt::format("net.start();\nnet.advance({});\n", duration_code(span));
}

std::string reason_of(std::string_view problem) {
  std::string result;
  problem = problem.substr(0, problem.find('\n'));
  auto is_letter
      = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  auto is_digit
      = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  for (size_t i = 0; i < problem.size();) {
    auto end = i;
    while (end < problem.size()
           && is_letter(problem[end]) == is_letter(problem[i]))
      ++end;
    const auto part = problem.substr(i, end - i);
    i = end;
    if (!is_letter(part.front())) {
      // Lists of numbers are as long as there are nodes.
      if (result.ends_with('#') && i < problem.size() && is_digit(problem[i]))
        continue;
      result += part;
    } else if (std::any_of(part.begin(), part.end(), is_digit)) {
      if (!result.ends_with('#'))
        result += '#';
    } else {
      result += part;
    }
  }
  return result;
}

std::optional<shrunk_scenario> shrink(const scenario& failing,
                                      const scenario_player& play,
                                      const shrink_options& options) {
  auto problem = play(failing);
  if (!problem)
    return std::nullopt;
  return shrinker{failing, std::move(*problem), play, options}.run();
}

} // namespace troupe::testing
