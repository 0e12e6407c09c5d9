// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Tunables of a `keepalive`.
struct keepalive_options {
  /// How often a ping is sent, whatever else is going on: remote nodes drop
  /// connections that they do not hear from.
  duration ping_interval = std::chrono::seconds{60};

  /// How long nothing at all may arrive before the remote counts as dead. At
  /// least 1.5 times the ping interval, so that one late answer is not fatal.
  duration pong_timeout = std::chrono::seconds{90};
};

/// Checks that times are between 1 ms and 365 days and that the pong timeout is
/// at least 1.5 times the ping interval.
/// @returns `invalid_option` with the name, the value and what was expected, or
///          `none`.
failure validate(const keepalive_options& options);

} // namespace troupe
