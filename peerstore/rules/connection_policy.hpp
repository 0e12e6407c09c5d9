// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/inbound_diversity.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"
#include "troupe/peerstore/rules/peer_manager_options.hpp"
#include "troupe/peerstore/rules/slots.hpp"

namespace troupe {

/// Whether a peer may take a slot, and who has to make way for it.
struct permit {
  errc code = errc::none;
  std::optional<node_id> victim = {};

  /// Without a slot, for `visit_time`.
  bool visits = false;
};

/// A connection that somebody has made, before anybody knows whether it may
/// stay.
struct fresh_connection {
  /// What it runs over. Empty if nobody knows.
  std::string protocol = {};

  /// The subnet whose part of the slots it takes, if any.
  std::optional<ip_network> subnet = {};

  /// Where it is, its `address_group`; may be empty.
  std::string group = {};
};

/// Whether a connection over one protocol takes the place of one over another
/// to the same peer, whoever dialed: QUIC that of all others. Both ends see
/// what a connection runs over, and so agree.
bool goes_before(std::string_view protocol, std::string_view other);

/// How long a visit lasts at most. A peer that dials us in order to ask does so
/// at once.
inline constexpr duration visit_time = std::chrono::seconds{5};

/// Decides who may connect, who has to make way for it, and who has to go.
/// `slots` say how many there may be, scores who is the better one.
class connection_policy {
public:
  connection_policy(const node_id& own, const peer_manager_options& options);

  [[nodiscard]] const connection_limits& limits() const {
    return slots_.limits();
  }

  void set_limits(const connection_limits& limits) {
    slots_ = slots{limits};
  }

  /// By how many points a peer must be better than another to take its place.
  [[nodiscard]] double upgrade_margin() const {
    return upgrade_margin_;
  }

  // -- dials ------------------------------------------------------------------

  /// Whether a peer may be dialed that limits count.
  [[nodiscard]] permit for_dial(const node_id& id,
                                const peer_ledger& state) const;

  /// Whether anybody may be, if only he is good enough.
  [[nodiscard]] bool may_dial(const peer_ledger& state) const;

  /// Whether a dial still finds a slot now that somebody has answered: when
  /// others were silent, more were dialed than there were slots.
  /// @returns `too_many_peers` if not.
  [[nodiscard]] errc for_answered(const node_id& id,
                                  const dial_attempt& attempt,
                                  const peer_ledger& state) const;

  // -- connections ------------------------------------------------------------

  /// Whether a peer may stay that dialed us, in place of its other connection
  /// if there is one: that over the better protocol stays, and among equals the
  /// one that the node with the smaller ID dialed. When all slots are taken, a
  /// worse one makes way for it, or else one of a group that has many more
  /// (`choose_for_diversity`), or one that is far younger
  /// (`choose_for_seniority`). When there is nobody, it may visit, if there are
  /// not too many visitors, nor one of its subnet.
  /// @returns `already_connected`, `too_many_peers`, or `too_many_from_ip` if
  /// its subnet has its part.
  [[nodiscard]] permit for_accepted(const node_id& id,
                                    const fresh_connection& fresh,
                                    const peer_ledger& state) const;

  /// Whether a peer may stay that we dialed.
  /// @param protocol what the connection runs over.
  /// @param attempt the dial that led there, if it is known: for one that was
  /// made for a free slot, nobody makes way.
  /// @returns `already_connected` or `too_many_peers`.
  [[nodiscard]] permit for_dialed(const node_id& id, std::string_view protocol,
                                  const std::optional<dial_attempt>& attempt,
                                  const peer_ledger& state) const;

  /// Where there are more connections than may stay: who has to go next.
  [[nodiscard]] std::optional<node_id> surplus(const peer_ledger& state) const;

private:
  [[nodiscard]] permit for_slot(const node_id& id, const slot_claim& fresh,
                                const std::string& group,
                                const peer_ledger& state) const;
  [[nodiscard]] bool may_visit(const std::optional<ip_network>& subnet,
                               const peer_ledger& state) const;
  [[nodiscard]] errc for_second(const node_id& id, const slot_claim& fresh,
                                std::string_view protocol,
                                const live_connection& existing,
                                const peer_ledger& state) const;
  [[nodiscard]] permit for_first(const node_id& id, const slot_claim& fresh,
                                 const peer_ledger& state) const;
  [[nodiscard]] std::optional<node_id>
  find_victim(const node_id& id, const slot_scope& scope,
              const peer_ledger& state) const;
  /// All of them; those may go that are within `scope`.
  [[nodiscard]] static std::vector<inbound_peer>
  inbound_peers(const slot_scope& scope, const peer_ledger& state);

  node_id own_;
  double upgrade_margin_;
  duration probe_time_;
  slots slots_;
};

} // namespace troupe
