// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/hearsay.hpp"

#include "troupe/peerstore/book/address_group.hpp"
#include "troupe/peerstore/book/address_reach.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"

namespace troupe {

std::string informant::group() const {
  return where ? address_group(*where) : "unknown";
}

hearsay judge(const node_address& what, const informant& who,
              const peer_ledger& state, const node_id& own, bool strict) {
  if (validate(what).code != errc::none || is_nowhere(what))
    return hearsay::impossible;
  if (state.peers.is_private(who.id))
    return hearsay::private_informant;
  // Other protocols are no matter of strictness: `memory:` of another process
  // is nobody.
  const auto networked = !what.hostname.empty();
  if ((strict || !networked) && !means_the_same(what, who.where))
    return hearsay::out_of_place;
  if (what.id == own)
    return hearsay::ours;
  if (state.peers.is_blocked(what.id))
    return hearsay::blocked;
  if (state.peers.is_private(what.id))
    return hearsay::private_peer;
  return hearsay::credible;
}

} // namespace troupe
