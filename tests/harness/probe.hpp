// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/tests/harness/delivery_ledger.hpp"
#include "troupe/tests/harness/network.hpp"

namespace troupe::testing {

/// What the probes of a network do.
struct probe_options {
  channel_id channel = 0x7f;

  /// Each probe sends to a random peer, at intervals of up to twice this.
  duration send_gap = std::chrono::milliseconds{500};

  /// Of a thousand messages, how many are large, and how large at most.
  unsigned large_per_mille = 20;
  size_t large_max = 100'000;

  /// Of a thousand times that a probe sends, how often it sends `burst`
  /// messages at once: more than its queues take, so that some are refused.
  unsigned burst_per_mille = 0;
  size_t burst = 64;
  size_t burst_size_max = 16'000;

  /// Of a thousand times that a probe sends, how often it says something to
  /// all. That happens whether there is a peer or not, and nobody counts it.
  unsigned broadcast_per_mille = 50;

  /// Of a thousand messages that arrive, for how many the sender is reported,
  /// and how long the reactor may take to do so. The connection may have been
  /// replaced by then.
  unsigned report_per_mille = 0;
  duration report_wait_max = {};

  /// Limit of the channel's queues.
  size_t queue_messages = 256;
};

/// A reactor in every node that talks to the others all the time and checks
/// what a user of a node relies on:
///
/// - a message sent upon *up* is not refused, unless the peer is down again;
/// - messages arrive once, in order on each connection, and only if they were
///   sent;
/// - a message that was taken arrives if its connection lives on;
/// - a peer is evicted only if it was reported.
///
/// Opens one channel in each node.
class probe {
public:
  /// Adds the reactor to all nodes of `net`, which has to outlive it.
  explicit probe(network& net, const probe_options& options = {});

  probe(const probe&) = delete;

  probe& operator=(const probe&) = delete;

  /// Sends nothing more on its own, and reports nobody.
  void rest();

  /// Looks for lost messages. @pre the probe rested long enough for all to
  /// arrive.
  void audit();

  [[nodiscard]] const delivery_ledger& ledger() const;

  /// Times that a peer was reported.
  [[nodiscard]] uint64_t reports() const;

private:
  struct shared;
  struct reactor;

  std::shared_ptr<shared> shared_;
};

} // namespace troupe::testing
