// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// How long to wait before an address that failed is dialed again.
struct retry_options {
  /// The wait after the first failure. Doubles with every further one.
  duration min_retry_time = std::chrono::milliseconds{250};

  /// The wait stops growing here.
  duration max_retry_time = std::chrono::minutes{30};

  /// The wait for a configured peer (preferred, persistent, unconditional)
  /// stops growing here.
  duration max_retry_time_persistent = std::chrono::minutes{5};

  /// Up to this much is added to every wait, so that the nodes that lost a
  /// peer at the same moment do not come back at the same moment.
  duration retry_time_jitter = std::chrono::seconds{5};
};

/// Checks that the minimum is positive, no maximum is below it, and the jitter
/// is not negative.
/// @returns `invalid_option` with the option's name, or `none`.
failure validate(const retry_options& options);

} // namespace troupe
