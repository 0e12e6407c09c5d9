// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "troupe/messages/time.hpp"
#include "troupe/samples/gossip/gossip_options.hpp"

namespace troupe {

/// Counts what one peer sends against its `gossip_quota`.
class peer_quota {
public:
  enum class verdict : uint8_t {
    /// It is within its quota.
    take,
    /// It is to be thrown away.
    shed,
    /// The peer is to blame.
    flood,
  };

  peer_quota(const gossip_quota& limits, time_point now);

  /// A message of that many bytes came, with that many IDs in it.
  verdict received(size_t bytes, size_t ids, time_point now);

  /// The peer has changed its subscriptions.
  verdict changed(time_point now);

  /// The peer did not send what it had announced. @returns `take` or `flood`.
  verdict broke_promise(time_point now);

private:
  /// What is left of a rate.
  struct allowance {
    double level;
    time_point at;

    /// Takes that much if it is there.
    bool take(const gossip_rate& rate, double amount, time_point now);
  };

  /// An allowance, and a second one for what comes beyond it.
  struct meter {
    meter(const gossip_rate& rate, time_point now)
      : within{rate.burst, now},
        beyond{rate.burst, now} {}

    verdict take(const gossip_rate& rate, double amount, time_point now);

    allowance within;
    allowance beyond;
  };

  gossip_quota limits_;
  meter bytes_;
  meter messages_;
  meter ids_;
  meter changes_;
  allowance promises_;
};

} // namespace troupe
