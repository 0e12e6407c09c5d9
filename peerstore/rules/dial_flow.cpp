// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/dial_flow.hpp"

#include <utility>
#include <vector>

namespace troupe {

void dial_flow::begin(const dial_policy::order& what, peer_ledger& state) {
  const auto& id = what.attempt.address.id;
  if (what.victim)
    state.dials.reserve(*what.victim, id);
  state.peers.find(id)->urgent = false;
  state.begin_dial(what.attempt);
}

errc dial_flow::wish(const node_address& address, peer_ledger& state) {
  if (!address.protocol.empty()) {
    if (auto bad = validate(address); bad.code != errc::none)
      return bad.code;
    // Told by an operator, as good as if it stood in the configuration.
    auto& named = state.peers.obtain(address.id);
    state.peers.add_address(named, address, true);
    named.named = true;
    state.book.remove(address.id);
  }
  auto* peer = state.peers.find(address.id);
  if (peer == nullptr || peer->addresses.empty())
    return errc::unknown_peer;
  peer->urgent = true;
  peer->incompatible.reset();
  backoff::waive(*peer);
  state.changed(address.id);
  state.prune();
  return errc::none;
}

void dial_flow::expire(peer_ledger& state) {
  while (auto oldest = state.dials.oldest()) {
    if (oldest->first > state.now)
      return;
    auto lost = state.end_dial(oldest->second);
    failed(lost->address, {errc::timeout, {}}, state);
  }
}

void dial_flow::failed(const node_address& address, const failure& why,
                       peer_ledger& state) {
  if (why.code == errc::self_connection)
    found_self(address, state);
  auto* peer = state.peers.find(address.id);
  auto* known = peer != nullptr ? peer->find(address) : nullptr;
  if (known == nullptr)
    return;
  if (is_incompatibility(why.code)) {
    backoff::answered(*known);
    misfit(address.id, why, state);
  } else if (why.code == errc::unexpected_peer && !known->last_success
             && !known->configured) {
    state.peers.drop_address(*peer, address);
    state.changed(address.id);
    state.forget_if_pointless(address.id);
  } else {
    waits_.failed(*peer, *known, why.code, state.now);
    state.changed(address.id);
    state.kept.failed(address.id, state);
  }
}

void dial_flow::misfit(const node_id& id, const failure& why,
                       peer_ledger& state) {
  auto* peer = state.peers.find(id);
  if (peer == nullptr)
    return;
  peer->incompatible
      = incompatibility{state.now, why.code, why.context, profile_};
  waits_.misfit(*peer, state.now);
  state.changed(id);
}

void dial_flow::introduce(std::string profile, peer_ledger& state) {
  profile_ = std::move(profile);
  for (const auto& [id, record] : state.peers.records()) {
    if (!record.incompatible || record.incompatible->with == profile_)
      continue;
    auto& peer = *state.peers.find(id);
    peer.incompatible.reset();
    peer.dialable_at = state.now;
    state.changed(id);
  }
}

/// We answered at `address` ourselves: whoever is said to be there is not.
void dial_flow::found_self(const node_address& address, peer_ledger& state) {
  self_.learn(address);
  if (auto* peer = state.peers.find(address.id))
    state.peers.drop_address(*peer, address);
  auto there = state.peers.locations.claimants(address);
  there.push_back(address.id);
  for (const auto& id : there) {
    auto* peer = state.peers.find(id);
    if (peer == nullptr)
      continue;
    for (const auto& known : std::vector{peer->addresses})
      if (self_.contains(known.address))
        state.peers.drop_address(*peer, known.address);
    state.changed(id);
    state.forget_if_pointless(id);
  }
}

} // namespace troupe
