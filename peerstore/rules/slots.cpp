// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/slots.hpp"

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

/// One slot in five stays for peers that we dial: CometBFT has 10 of 50.
/// Whoever wants to surround us must then control whom we dial, too.
constexpr size_t parts_for_dials = 5;

constexpr size_t parts_for_subnets = 4;

/// Accepted connections for each slot. Few are neither peers nor in handshake.
constexpr size_t accepted_per_slot = 3;

} // namespace

// -- slot_tally ---------------------------------------------------------------

size_t slot_tally::staying(const ip_network& subnet) const {
  auto i = subnets_.find(subnet);
  return i != subnets_.end() ? i->second : 0;
}

void slot_tally::count(const slot_claim& what, bool stays, int change) {
  auto way = static_cast<size_t>(what.way);
  present_[way] += static_cast<size_t>(change);
  if (!stays)
    return;
  staying_[way] += static_cast<size_t>(change);
  if (!what.subnet || what.way != direction::inbound)
    return;
  auto i = subnets_.try_emplace(*what.subnet, 0).first;
  i->second += static_cast<size_t>(change);
  if (i->second == 0)
    subnets_.erase(i);
}

// -- numbers ------------------------------------------------------------------

std::optional<size_t> slots::incoming() const {
  if (limits_.max_incoming || !limits_.max_connected)
    return limits_.max_incoming;
  auto most = *limits_.max_connected;
  auto reserved = most / parts_for_dials;
  return most - std::min(reserved, limits_.max_outgoing.value_or(reserved));
}

std::optional<size_t> slots::most(direction way) const {
  return way == direction::outbound ? limits_.max_outgoing : incoming();
}

std::optional<size_t> slots::per_subnet() const {
  auto all = incoming();
  if (!all)
    return all;
  return std::max(*all / parts_for_subnets, size_t{1});
}

std::optional<size_t> slots::ceiling() const {
  if (!limits_.max_connected)
    return std::nullopt;
  return *limits_.max_connected + limits_.max_connected_upgrade;
}

std::optional<size_t> slots::accepted(size_t handshakes) const {
  if (!limits_.max_connected)
    return std::nullopt;
  // Without wrapping around.
  auto room = std::numeric_limits<size_t>::max() - handshakes;
  return handshakes
         + std::min(*limits_.max_connected, room / accepted_per_slot)
               * accepted_per_slot;
}

// -- questions ----------------------------------------------------------------

bool slots::is_full(const slot_tally& taken, direction way,
                    size_t dials) const {
  auto limit = most(way);
  return limit && taken.staying(way) + dials >= *limit;
}

bool slots::is_full(const slot_tally& taken, const slot_claim& fresh) const {
  auto limit = per_subnet();
  return limit && fresh.way == direction::inbound && fresh.subnet
         && taken.staying(*fresh.subnet) >= *limit;
}

slot_verdict slots::for_connection(const slot_tally& taken,
                                   const slot_claim& fresh) const {
  if (auto top = ceiling(); top && taken.present() >= *top)
    return {errc::too_many_peers};
  auto full
      = limits_.max_connected && taken.staying() >= *limits_.max_connected;
  auto way_full = is_full(taken, fresh.way);
  auto subnet_full = is_full(taken, fresh);
  if (!full && !way_full && !subnet_full)
    return {};
  slot_verdict result{subnet_full ? errc::too_many_from_ip
                                  : errc::too_many_peers};
  if (limits_.max_connected && limits_.max_connected_upgrade > 0) {
    result.victims.emplace();
    if (way_full)
      result.victims->way = fresh.way;
    if (subnet_full)
      result.victims->subnet = fresh.subnet;
  }
  return result;
}

/// Whether one more dial finds slots that nobody else needs.
bool slots::has_room(const slot_tally& taken, const dial_tally& dials) const {
  const auto wanted = taken.staying() + dials.pending;
  if (limits_.max_connected && wanted >= *limits_.max_connected)
    return false;
  return !is_full(taken, direction::outbound, dials.all)
         && fits_above(taken, dials);
}

/// Whether one more dial fits if others make way. Those that are about to leave
/// are still there.
bool slots::fits_above(const slot_tally& taken, const dial_tally& dials) const {
  if (auto top = ceiling(); top && taken.present() + dials.pending >= *top)
    return false;
  return !limits_.max_outgoing
         || taken.present(direction::outbound) + dials.all
                < *limits_.max_outgoing + limits_.max_connected_upgrade;
}

slot_verdict slots::for_dial(const slot_tally& taken,
                             const dial_tally& dials) const {
  if (has_room(taken, dials))
    return {};
  slot_verdict result{errc::too_many_peers};
  if (limits_.max_connected && limits_.max_connected_upgrade > 0
      && fits_above(taken, dials)) {
    result.victims.emplace();
    if (is_full(taken, direction::outbound, dials.all))
      result.victims->way = direction::outbound;
  }
  return result;
}

errc slots::for_replacement(const slot_tally& taken, const slot_claim& old,
                            bool stays, const slot_claim& fresh) const {
  // It comes in the place of the other one, unless that was to leave anyway.
  auto given = [stays](bool same) { return stays && same ? 1u : 0u; };
  auto over = [](size_t count, size_t gives, std::optional<size_t> limit) {
    return limit && count - gives >= *limit;
  };
  if (over(taken.staying(), given(true), limits_.max_connected)
      || over(taken.staying(fresh.way), given(old.way == fresh.way),
              most(fresh.way)))
    return errc::too_many_peers;
  if (fresh.way == direction::inbound && fresh.subnet
      && over(taken.staying(*fresh.subnet),
              given(old.way == fresh.way && old.subnet == fresh.subnet),
              per_subnet()))
    return errc::too_many_from_ip;
  return errc::none;
}

std::optional<slot_scope> slots::surplus(const slot_tally& taken) const {
  for (auto way : {direction::inbound, direction::outbound})
    if (auto limit = most(way); limit && taken.staying(way) > *limit)
      return slot_scope{.way = way};
  if (auto limit = per_subnet())
    for (const auto& [subnet, count] : taken.subnets())
      if (count > *limit)
        return slot_scope{.subnet = subnet};
  if (limits_.max_connected && taken.staying() > *limits_.max_connected)
    return slot_scope{};
  return std::nullopt;
}

} // namespace troupe
