// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/peer_class.hpp"
#include "troupe/peerstore/rules/retry_options.hpp"

namespace troupe {

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
