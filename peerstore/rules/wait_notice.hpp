// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Longer waits are worth a word to the operator.
inline constexpr duration wait_worth_a_notice = std::chrono::seconds{1};

/// A peer is not dialed for a while.
struct wait_notice {
  node_id peer = {};

  /// From when the notice was made.
  duration wait = {};

  /// Why, for humans.
  std::string why = {};
};

} // namespace troupe
