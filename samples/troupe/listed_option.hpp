// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/actors/node/option_info.hpp"

namespace troupe::command {

/// An option as help and manuals show it.
struct listed_option {
  /// Lives as long as the program.
  const option_info* info;

  /// What it is when nobody says anything.
  option_value initial;
};

} // namespace troupe::command
