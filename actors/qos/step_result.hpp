// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace troupe {

/// What becomes of a message that an actor was shown, and of those behind it.
enum class step_result : uint8_t {
  /// It is done with, and the next one may come.
  next,
  /// It is done with, and none is to come for now.
  stop,
  /// The actor does not want it yet.
  skip,
};

} // namespace troupe
