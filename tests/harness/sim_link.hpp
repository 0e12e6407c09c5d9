// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_latency.hpp"
#include "troupe/tests/harness/sim_random.hpp"

namespace troupe::testing {

/// How packets travel from one host to another, and what the kernels at both
/// ends do with a connection.
struct sim_link_options {
  sim_latency latency = sim_latency::uniform(std::chrono::milliseconds{10},
                                             std::chrono::milliseconds{50});

  /// Bytes per second, shared by all connections that way; 0 for no limit.
  uint64_t bandwidth = 0;

  /// Most bytes of one segment.
  size_t segment_size_max = 16 * 1024;

  /// Of a thousand segments, how many are cut short at a random byte.
  unsigned cut_per_mille = 200;

  /// Bytes that a sender's kernel takes before they are acknowledged.
  size_t send_buffer_max = 128 * 1024;

  /// Bytes that wait for a slow reader before its window closes.
  size_t receive_window_max = 128 * 1024;

  /// Of a thousand connection requests, how many are refused, and how many
  /// vanish. Both count each try of the dialer's kernel.
  unsigned refuse_per_mille = 0;
  unsigned ignore_per_mille = 0;

  /// A lost packet is sent again after at most this time.
  duration retransmit_max = std::chrono::seconds{2};

  /// A connection dies when the other side was silent about what was sent for
  /// this long.
  duration give_up = std::chrono::seconds{60};

  /// Largest datagram that gets through, in bytes of its content: what the
  /// smallest link on the way leaves of its packets. Larger ones are lost.
  size_t datagram_size_max = 1472;

  /// Of a thousand datagrams, how many get lost; come later than those behind
  /// them; come twice; or with bits that were turned over.
  unsigned lose_per_mille = 0;
  unsigned late_per_mille = 0;
  unsigned double_per_mille = 0;
  unsigned garble_per_mille = 0;

  /// Of a thousand datagrams, how many the sender's own system does not take
  /// at once.
  unsigned busy_per_mille = 0;

  /// With a `bandwidth`: datagrams that would wait longer than this for their
  /// turn are lost.
  duration datagram_wait_max = std::chrono::milliseconds{500};
};

/// The state of the way from one host to another. Whoever changes it tells the
/// pipes that use it.
class sim_link {
public:
  explicit sim_link(const sim_link_options& options) : options_(options) {}

  [[nodiscard]] const sim_link_options& options() const {
    return options_;
  }

  void set_options(const sim_link_options& options) {
    options_ = options;
  }

  /// Takes a packet of `size` bytes. @returns when it arrives.
  time_point send(size_t size, time_point now, sim_random& random);

  /// Takes a datagram. @returns when it arrives; nothing if it does not.
  std::optional<time_point> send_datagram(size_t size, time_point now,
                                          sim_random& random);

  // -- faults -----------------------------------------------------------------

  /// Whether packets get lost.
  [[nodiscard]] bool blocked() const {
    return blocked_since_ != never && blocked_until_ == never;
  }

  void set_blocked(bool value, time_point now);

  /// Whether a packet got lost that would have arrived at `when`, the last time
  /// that the link was blocked.
  [[nodiscard]] bool lost(time_point when) const {
    return blocked_since_ <= when && when < blocked_until_;
  }

  /// Nothing arrives before `until`, and then everything that is due.
  void stall(time_point until);

  /// When a packet arrives whose time would be `when`.
  [[nodiscard]] time_point arrival(time_point when) const {
    return when < stalled_until_ ? stalled_until_ : when;
  }

private:
  static constexpr time_point never = time_point::max();

  sim_link_options options_;
  time_point blocked_since_ = never;
  time_point blocked_until_ = never;
  time_point stalled_until_ = time_point::min();
  time_point busy_until_ = time_point::min();
  time_point last_datagram_ = time_point::min(); // Of those in order.
};

} // namespace troupe::testing
