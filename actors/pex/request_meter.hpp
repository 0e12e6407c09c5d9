// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "troupe/actors/pex/pex_options.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/token_bucket.hpp"

namespace troupe {

/// Counts what peers ask of us, each for itself. Only who asks without end is
/// to blame: releases differ in how often they ask.
class request_meter {
public:
  enum class verdict : uint8_t {
    /// It gets addresses.
    answer,
    /// It gets an empty list.
    nothing,
    /// It asks early. `next_due` says when it gets an empty list; if it does
    /// not wait for that, it gets one for all it asks meanwhile.
    early,
    /// It is to blame.
    flood,
  };

  request_meter(const request_limits& limits, time_point now)
    : limits_(limits),
      early_birds_(limits.early_birds.burst, now) {}

  /// A peer is there, and has not asked for anything yet.
  void up(const node_id& peer, time_point now);

  /// A peer is gone.
  void down(const node_id& peer);

  /// A peer asks. Those that are not there yet count together, and are never to
  /// blame.
  verdict requested(const node_id& peer, time_point now);

  // -- answers to early requests ----------------------------------------------

  /// Returns a peer that gets its empty list now.
  std::optional<node_id> next_due(time_point now);

  /// When `next_due` has somebody.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  // -- figures ----------------------------------------------------------------

  /// Requests that came early.
  [[nodiscard]] uint64_t early() const {
    return early_;
  }

  [[nodiscard]] size_t size() const {
    return peers_.size();
  }

private:
  struct entry {
    token_bucket answers;
    token_bucket requests;
    /// When the answer to an early request is due.
    std::optional<time_point> due = {};
  };

  /// Whether a request is within a limit. Counts it if it is not.
  bool admit(token_bucket& bucket, const rate_limit& limit, time_point now);

  request_limits limits_;
  std::map<node_id, entry> peers_;
  token_bucket early_birds_;
  uint64_t early_ = 0;
};

} // namespace troupe
