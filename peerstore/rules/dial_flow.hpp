// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/peerstore/book/self_addresses.hpp"
#include "troupe/peerstore/rules/backoff.hpp"
#include "troupe/peerstore/rules/dial_policy.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"

namespace troupe {

/// What a dial goes through, and what its outcome says about the peer and the
/// address.
class dial_flow {
public:
  explicit dial_flow(const backoff& waits) : waits_(waits) {}

  static void begin(const dial_policy::order& what, peer_ledger& state);

  /// Ends those whose deadline has passed: a dialer that got lost must not keep
  /// its peer and its slot for ever.
  void expire(peer_ledger& state);

  /// Notes why a dial of `address` came to nothing. May forget the peer.
  void failed(const node_address& address, const failure& why,
              peer_ledger& state);

  /// Notes that a peer does not fit.
  void misfit(const node_id& id, const failure& why, peer_ledger& state);

  /// An operator wants that peer dialed as the next one, at that address if it
  /// has a protocol.
  /// @returns `invalid_address`, or `unknown_peer` if there is no address.
  static errc wish(const node_address& address, peer_ledger& state);

  /// Whether we answer there ourselves.
  [[nodiscard]] bool leads_to_us(const node_address& address) const {
    return self_.contains(address);
  }

  /// We are something else now: whoever did not fit before may fit.
  void introduce(std::string profile, peer_ledger& state);

private:
  void found_self(const node_address& address, peer_ledger& state);

  backoff waits_;
  self_addresses self_;
  std::string profile_;
};

} // namespace troupe
