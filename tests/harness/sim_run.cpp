// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_run.hpp"

#include <fmt/format.h>

namespace troupe::testing {

std::string sim_run::code() const {
  if (turns.empty())
    return std::to_string(seed);
  std::string list;
  for (const auto& turn : turns)
    list += fmt::format("{}{{{}, {}}}", list.empty() ? "" : ", ", turn.draw,
                        turn.seed);
  return fmt::format("{{{}, {{{}}}}}", seed, list);
}

} // namespace troupe::testing
