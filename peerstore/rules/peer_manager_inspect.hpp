// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/peerstore/rules/connection_limits.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"
#include "troupe/peerstore/rules/peer_report.hpp"
#include "troupe/peerstore/rules/wait_notice.hpp"

namespace troupe {

template <class Inspector>
bool inspect(Inspector& f, connection_ref& x) {
  return f.object(x).fields(f.field("peer", x.peer),
                            f.field("generation", x.generation));
}

template <class Inspector>
bool inspect(Inspector& f, admission& x) {
  return f.object(x).fields(
      f.field("code", x.code), f.field("generation", x.generation),
      f.field("replaces", x.replaces), f.field("preferred", x.preferred));
}

template <class Inspector>
bool inspect(Inspector& f, eviction& x) {
  return f.object(x).fields(f.field("connection", x.connection),
                            f.field("reason", x.reason),
                            f.field("linger", x.linger));
}

template <class Inspector>
bool inspect(Inspector& f, connection_limits& x) {
  return f.object(x).fields(
      f.field("max_connected", x.max_connected),
      f.field("max_connected_upgrade", x.max_connected_upgrade),
      f.field("max_outgoing", x.max_outgoing),
      f.field("max_incoming", x.max_incoming),
      f.field("max_visitors", x.max_visitors));
}

template <class Inspector>
bool inspect(Inspector& f, peer_class& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<peer_class>(value);
    return value <= static_cast<uint8_t>(peer_class::unconditional);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, peer_state& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<peer_state>(value);
    return value <= static_cast<uint8_t>(peer_state::waiting);
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, score_explanation& x) {
  return f.object(x).fields(f.field("base", x.base),
                            f.field("behaviour", x.behaviour),
                            f.field("failures", x.failures),
                            f.field("short_connections", x.short_connections));
}

template <class Inspector>
bool inspect(Inspector& f, address_report& x) {
  return f.object(x).fields(f.field("address", x.address),
                            f.field("failures", x.failures),
                            f.field("wait", x.wait));
}

template <class Inspector>
bool inspect(Inspector& f, wait_notice& x) {
  return f.object(x).fields(f.field("peer", x.peer), f.field("wait", x.wait),
                            f.field("why", x.why));
}

template <class Inspector>
bool inspect(Inspector& f, peer_report& x) {
  return f.object(x).fields(
      f.field("peer", x.peer), f.field("kind", x.kind),
      f.field("is_private", x.is_private), f.field("state", x.state),
      f.field("explanation", x.explanation), f.field("score", x.score),
      f.field("info", x.info), f.field("way", x.way),
      f.field("connected_for", x.connected_for), f.field("traffic", x.traffic),
      f.field("wait", x.wait), f.field("cooldown", x.cooldown),
      f.field("addresses", x.addresses));
}

} // namespace troupe
