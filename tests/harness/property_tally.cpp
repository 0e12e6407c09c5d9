// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/property_tally.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace troupe::testing {

namespace {

bool is_wanted(const property& which, std::string_view prefix) {
  if (which.what() == property::kind::always)
    return false;
  return prefix.empty()
             ? !which.text().starts_with(property_tally::troupe_prefix)
             : which.text().starts_with(prefix);
}

} // namespace

void property_tally::add_run(const property_tally& run) {
  for (size_t i = 0; i < times_.size(); ++i)
    if (run.times_[i] > 0)
      ++times_[i];
}

void property_tally::set_times(std::vector<uint64_t> times) {
  times.resize(times_.size());
  times_ = std::move(times);
}

std::vector<std::string_view>
property_tally::never(std::string_view prefix) const {
  std::vector<std::string_view> result;
  for (const auto* each : property::all())
    if (is_wanted(*each, prefix) && times(*each) == 0)
      result.push_back(each->text());
  std::sort(result.begin(), result.end());
  return result;
}

std::string property_tally::report(uint64_t runs,
                                   std::string_view prefix) const {
  std::vector<std::pair<uint64_t, std::string_view>> lines;
  for (const auto* each : property::all())
    if (is_wanted(*each, prefix))
      lines.emplace_back(times(*each), each->text());
  std::sort(lines.begin(), lines.end());
  std::string result;
  for (const auto& [count, text] : lines)
    result += count == 0
                  ? fmt::format("       never  {}\n", text)
                  : fmt::format("{:>5} of {:>3}  {}\n", count, runs, text);
  return result;
}

} // namespace troupe::testing
