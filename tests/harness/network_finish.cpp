// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "troupe/tests/harness/network.hpp"

namespace troupe::testing {

namespace {

/// Longer than anything that a node still waits for when it has stopped.
constexpr auto aftermath = std::chrono::minutes{3};

} // namespace

void network::finish() {
  for (size_t i = 0; i < size(); ++i)
    stop(i);
  auto all_ended = [this] {
    for (size_t i = 0; i < size(); ++i)
      if (is_running(i))
        return false;
    return system_.running_of_parties() == 0;
  };
  if (!run_until(all_ended, aftermath)) {
    std::string names;
    for (const auto& line : system_.leftovers())
      names += "\n    " + line;
    system_.report("a node does not stop:" + names);
    system_.throw_if_failed();
  }
  advance(aftermath);
  auto left = system_.leftovers();
  std::string wrong;
  for (const auto& line : left)
    wrong += "\n    " + line;
  if (auto open = wires_->connections(); open > 0)
    wrong += fmt::format("\n    {} connections", open);
  if (auto open = wires_->ports(); open > 0)
    wrong += fmt::format("\n    {} ports for datagrams", open);
  if (auto open = wires_->unanswered(); open > 0)
    wrong += fmt::format("\n    {} dials or lookups", open);
  if (auto set = system_.alarms(); set > 0)
    wrong += fmt::format("\n    {} alarms", set);
  if (!wrong.empty())
    system_.report("something is left of stopped nodes:" + wrong);
  system_.throw_if_failed();
}

} // namespace troupe::testing
