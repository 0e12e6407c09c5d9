// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <string>

namespace troupe {

/// What tells a question to a peer from others, and what its answer repeats.
struct question_key {
  /// Which type of question, a number below `exchange_rules::kinds()`.
  size_t kind = 0;

  /// The value of the key field, empty without one.
  std::string value = {};

  friend auto operator<=>(const question_key&, const question_key&) = default;
};

} // namespace troupe
