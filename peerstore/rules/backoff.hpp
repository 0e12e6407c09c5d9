// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/peer_record.hpp"
#include "troupe/peerstore/rules/retry_schedule.hpp"

namespace troupe {

/// How long peers and their addresses are left alone after what happened to
/// them. Notes in their records from when on they may be dialed again.
class backoff {
public:
  /// @param cooldown the wait after a connection ended; doubles with every
  /// short one.
  /// @param random draws jitter and has to outlive this.
  backoff(const retry_options& retry, duration cooldown, entropy& random)
    : retry_(retry),
      cooldown_(cooldown),
      random_(&random) {}

  /// A dial of `known` failed. What `is_ours` is no failure of the address.
  void failed(peer_record& peer, address_record& known, errc why,
              time_point now);

  /// The peer has shown that it is alive there, so whatever kept us from
  /// reaching it is over.
  static void answered(address_record& known);

  /// The peer does not fit. One that the configuration names waits for as long
  /// as any: the operator wants it, but insisting does not help.
  void misfit(peer_record& peer, time_point now);

  /// A connection ended. `by_us`: it was us who ended it. The peer waits a
  /// little then, so that we do not come back at once, and that is not
  /// remembered.
  void ended(peer_record& peer, bool by_us, time_point now) const;

  /// An operator wants the peer dialed, whatever there is to wait for.
  static void waive(peer_record& peer);

private:
  retry_options retry_;
  duration cooldown_;
  entropy* random_;
};

} // namespace troupe
