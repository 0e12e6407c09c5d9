// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/peer_behaviour.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/peer_record.hpp"
#include "troupe/peerstore/rules/ban_options.hpp"
#include "troupe/peerstore/rules/peer_score.hpp"

namespace troupe {

/// What has to follow from what a peer did.
enum class sentence : uint8_t {
  /// Its score is enough.
  none,
  /// Its connection ends.
  evict,
  /// Its connection ends, and it stays out for a time.
  ban,
};

/// Whether we did what ended a connection or a dial: we stop, we changed our
/// mind, something of ours failed. The remote has nothing to do with it, and
/// nothing of it is held against its peer.
///
/// An address that cannot be dialed, or that our filters refuse, is not among
/// it: the next dial would end like this one.
bool is_ours(errc reason);

/// What peers are held to: notes in their records what they did, and says what
/// has to follow.
class conduct {
public:
  /// @param stable_after a connection that lasted this long was a success.
  conduct(const score_options& score, const ban_options& bans,
          duration stable_after)
    : score_(score),
      bans_(bans),
      stable_after_(stable_after) {}

  /// Notes an act.
  /// @returns what has to follow. Peers that the configuration names are not
  /// banned by rules: only an operator can know better than the operator.
  sentence judge(peer_record& peer, peer_behaviour what, time_point now) const;

  /// Whether a connection was a success.
  [[nodiscard]] bool is_lasting(duration lasted) const {
    return lasted >= stable_after_;
  }

  /// Notes how long a connection lasted. A short one is held against its peer,
  /// unless `by_us`: it was us who ended it.
  void note_end(peer_record& peer, duration lasted, bool by_us,
                time_point now) const;

  /// Counts a ban by the rules.
  /// @returns until when it has to last, and why.
  ban_record next_ban(peer_record& peer, peer_behaviour what,
                      time_point now) const;

  /// Forgets what led to a ban.
  static void pardon(peer_record& peer);

private:
  score_options score_;
  ban_options bans_;
  duration stable_after_;
};

} // namespace troupe
