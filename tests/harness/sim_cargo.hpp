// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <any>
#include <cstddef>
#include <cstdint>

namespace troupe::testing {

/// Something that travels through a simulated network as a whole, without
/// being turned into bytes.
struct sim_cargo {
  std::any content;

  /// What it counts for where bytes are counted.
  size_t size = 0;

  /// Stands for the content in a trace: a function of the content, never of an
  /// address in memory.
  uint64_t hash = 0;
};

} // namespace troupe::testing
