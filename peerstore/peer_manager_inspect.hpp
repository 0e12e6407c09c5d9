// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/peerstore/peer_manager.hpp"

namespace troupe {

template <class Inspector>
bool inspect(Inspector& f, connection_ref& x) {
  return f.object(x).fields(f.field("peer", x.peer),
                            f.field("generation", x.generation));
}

template <class Inspector>
bool inspect(Inspector& f, admission& x) {
  return f.object(x).fields(f.field("code", x.code),
                            f.field("generation", x.generation),
                            f.field("replaces", x.replaces));
}

template <class Inspector>
bool inspect(Inspector& f, eviction& x) {
  return f.object(x).fields(f.field("connection", x.connection),
                            f.field("reason", x.reason));
}

} // namespace troupe
