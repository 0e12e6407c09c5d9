// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// How long to wait before an address that failed is dialed again.
struct retry_options {
  /// The wait after the first failure. Doubles with every further one.
  duration min_retry_time = std::chrono::milliseconds{250};

  /// The wait stops growing here.
  duration max_retry_time = std::chrono::minutes{30};

  /// The wait for a persistent or unconditional peer stops growing here.
  duration max_retry_time_persistent = std::chrono::minutes{5};

  /// Up to this much is added to every wait, so that the nodes that lost a
  /// peer at the same moment do not come back at the same moment.
  duration retry_time_jitter = std::chrono::seconds{5};
};

/// Checks that the minimum is positive, no maximum is below it, and the jitter
/// is not negative.
/// @returns `invalid_option` with the option's name, or `none`.
failure validate(const retry_options& options);

/// Configured peers are more dear to us than others; unconditional peers get a
/// connection whatever the limits are.
enum class peer_class : uint8_t { ordinary, persistent, unconditional };

/// Returns `shortest * 2^(failures - 1)`, at least `shortest` and otherwise at
/// most `longest`. Saturates: an address that fails for days must not end up
/// with a wait of nothing.
duration doubled(duration shortest, uint32_t failures, duration longest);

/// Returns where the waits of a peer of that class stop growing.
duration longest_retry_time(const retry_options& options, peer_class whose);

/// Returns the longest wait that `draw_retry_delay` may draw; none after no
/// failure.
duration longest_wait(const retry_options& options, uint32_t failures,
                      peer_class whose);

/// Draws the wait after the `failures`-th failure in a row. The caller draws
/// once per failure and keeps the result: a second draw would disagree with
/// the alarm that was set for the first.
/// @pre `validate(options)` found nothing.
duration draw_retry_delay(const retry_options& options, uint32_t failures,
                          peer_class whose, entropy& random);

/// Returns `now + wait`, or the end of time if that is sooner.
time_point after(time_point now, duration wait);

/// Counts up to the largest number and stays there.
void increment(uint32_t& counter);

} // namespace troupe
