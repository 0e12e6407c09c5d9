// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// How long misbehaviour keeps a peer out.
struct ban_options {
  /// The first ban of a peer lasts that long, each further one twice as long
  /// as the one before, up to the maximum.
  duration min_ban_time = std::chrono::hours{1};
  duration max_ban_time = std::chrono::hours{24 * 7};

  /// Most bans by the rules at once, at least 1; beyond it the one that ends
  /// first gives way. IDs cost nothing, so that a ban of one more stranger is
  /// worth less than memory. Bans by an operator do not count and never give
  /// way.
  size_t max_banned = 10'000;
};

/// Checks that times are positive and in order.
/// @returns `invalid_option` with the option's name, or `none`.
failure validate(const ban_options& options);

} // namespace troupe
