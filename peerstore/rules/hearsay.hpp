// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe {

struct peer_ledger;

/// Who told us something, and where that peer is.
struct informant {
  node_id id = {};

  /// The other end of our connection, or of the last one. Absent if that is not
  /// known.
  std::optional<endpoint> where = {};

  /// The `address_group` there. Those of whom nobody knows where they are have
  /// one group.
  [[nodiscard]] std::string group() const;
};

/// What to make of an address that a peer told.
enum class hearsay : uint8_t {
  credible,
  /// It breaks a rule of addresses, or nobody can be there.
  impossible,
  /// It is said to be ours: the ID, or the place.
  ours,
  /// We want nothing to do with that peer.
  blocked,
  /// The peer is private: whoever says where it is should not know.
  private_peer,
  /// The one who says so is private, and with it whom it knows.
  private_informant,
  /// It means something else where the informant is.
  out_of_place,
};

/// Judges what `who` told. Decides nothing about room.
/// @param strict whether it matters where private networks are.
hearsay judge(const node_address& what, const informant& who,
              const peer_ledger& state, const node_id& own, bool strict);

} // namespace troupe
