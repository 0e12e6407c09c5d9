// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/peerstore/store/stored_peer.hpp"

namespace troupe {

template <class Inspector>
bool inspect(Inspector& f, stored_address& x) {
  return f.object(x).fields(
      f.field("address", x.address), f.field("failures", x.failures),
      f.field("retry_at", x.retry_at), f.field("last_success", x.last_success),
      f.field("last_failure", x.last_failure));
}

template <class Inspector>
bool inspect(Inspector& f, stored_ban& x) {
  return f.object(x).fields(f.field("until", x.until),
                            f.field("reason", x.reason),
                            f.field("by_operator", x.by_operator));
}

template <class Inspector>
bool inspect(Inspector& f, stored_incompatibility& x) {
  return f.object(x).fields(
      f.field("since", x.since), f.field("reason", x.reason),
      f.field("detail", x.detail), f.field("with", x.with));
}

template <class Inspector>
bool inspect(Inspector& f, stored_peer& x) {
  return f.object(x).fields(
      f.field("id", x.id), f.field("addresses", x.addresses),
      f.field("score_milli", x.score_milli), f.field("scored_at", x.scored_at),
      f.field("short_connections", x.short_connections),
      f.field("dialable_at", x.dialable_at),
      f.field("served_since", x.served_since),
      f.field("last_connected", x.last_connected),
      f.field("last_disconnected", x.last_disconnected),
      f.field("stored_at", x.stored_at), f.field("ban", x.ban),
      f.field("incompatible", x.incompatible), f.field("source", x.source),
      f.field("source_group", x.source_group), f.field("tried", x.tried),
      f.field("anchor", x.anchor));
}

template <class Inspector>
bool inspect(Inspector& f, store_contents& x) {
  return f.object(x).fields(f.field("peers", x.peers),
                            f.field("secret", x.secret),
                            f.field("problems", x.problems));
}

template <class Inspector>
bool inspect(Inspector& f, store_changes& x) {
  return f.object(x).fields(f.field("put", x.put), f.field("erase", x.erase),
                            f.field("secret", x.secret));
}

} // namespace troupe
