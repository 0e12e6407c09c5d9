// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/peer_manager_view.hpp"

#include <functional>

#include "../peerstore/rules/world.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;

namespace {

/// Two of two slots taken, `c` being dialed in place of `a`.
peer_manager_view healthy() {
  peer_manager_view view;
  view.own = peer('m');
  view.limits = {2, 1, 2, 2};
  view.connections = {{peer('a'), 1, direction::inbound, true},
                      {peer('b'), 2, direction::outbound, true}};
  view.dials = {{address('c')}};
  view.upgrading = {{peer('a'), peer('c')}};
  view.stored = 3;
  return view;
}

using change = std::function<void(peer_manager_view&)>;

std::string complaint(const change& what) {
  auto view = healthy();
  what(view);
  return check_invariants(view).value_or("");
}

} // namespace

TEST_CASE("a healthy view breaks no invariant") {
  CHECK_FALSE(check_invariants({}).has_value());
  CHECK_FALSE(check_invariants(healthy()).has_value());
  CHECK_FALSE(check_grant(healthy()).has_value());
}

TEST_CASE("every broken invariant is named") {
  const std::pair<const char*, change> cases[] = {
      {"evicted for no reason",
       [](auto& x) { x.connections[0].evicting = true; }},
      {"two connections to",
       [](auto& x) { x.connections[1].peer = peer('a'); }},
      {"have the number", [](auto& x) { x.connections[1].generation = 1; }},
      {"has no number", [](auto& x) { x.connections[1].generation = 0; }},
      {"connection to ourselves",
       [](auto& x) { x.connections[1].peer = x.own; }},
      {"connection to nobody", [](auto& x) { x.connections[1].peer = {}; }},
      {"we dial ourselves", [](auto& x) { x.dials[0].address.id = x.own; }},
      {"nobody is being dialed", [](auto& x) { x.dials[0].address = {}; }},
      {"dialed twice", [](auto& x) { x.dials.push_back(x.dials[0]); }},
      {"make way for two peers",
       [](auto& x) {
         x.upgrading.push_back({peer('a'), peer('d')});
       }},
      {"two peers are to make way",
       [](auto& x) {
         x.upgrading.push_back({peer('b'), peer('c')});
       }},
      {"not connected", [](auto& x) { x.upgrading[0].from = peer('x'); }},
      {"takes no slot", [](auto& x) { x.connections[0].counted = false; }},
      {"not being dialed", [](auto& x) { x.upgrading[0].to = peer('x'); }},
      {"connections, at most 1 + 0",
       [](auto& x) {
         x.limits = {1, 0, {}, {}};
       }},
      {"connections stay",
       [](auto& x) {
         x.limits = {1, 1, {}, {}};
       }},
      {"outgoing connections", [](auto& x) { x.limits.max_outgoing = 0; }},
      {"incoming connections", [](auto& x) { x.limits.max_incoming = 0; }},
      {"peers are known",
       [](auto& x) {
         x.max_peers = 2;
         x.prunable = true;
       }},
  };
  for (const auto& [expected, what] : cases) {
    auto found = complaint(what);
    CAPTURE(expected);
    CAPTURE(found);
    CHECK(found.find(expected) != std::string::npos);
  }
}

TEST_CASE("condemned and uncounted connections are above the limits") {
  CHECK(complaint([](auto& x) {
          x.limits = {1, 1, {}, {}};
          x.connections[0].evict = errc::evicted;
        }).empty());
  CHECK(complaint([](auto& x) {
          x.limits = {1, 0, {}, {}};
          x.upgrading.clear();
          x.connections[0].counted = false;
        }).empty());
}

TEST_CASE("when limits fall, connections may leave, and none may come") {
  auto view = healthy();
  view.limits = {1, 0, {}, {}};
  view.connections[0].evict = errc::too_many_peers;
  CHECK(count_limited(view) == 2);
  CHECK_FALSE(check_invariants(view, 3).has_value());
  CHECK_FALSE(check_invariants(view, 2).has_value());
  CHECK(check_invariants(view, 1)->starts_with("2 connections, at most 1 + 0"));
}

TEST_CASE("a grant counts dials in flight") {
  auto view = healthy();
  view.dials.push_back({address('d')});
  CHECK(check_grant(view)->starts_with("4 connections and dials"));
  view.dials.back().counted = false;
  CHECK_FALSE(check_grant(view).has_value());
  // A dial of a peer that came in meanwhile takes no second slot.
  view.dials.back() = {address('a')};
  CHECK_FALSE(check_grant(view).has_value());
  view.limits.max_outgoing = 1;
  CHECK(check_grant(view)->starts_with("3 outgoing connections and dials"));
}
