// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/peerstore/rules/connection_limits.hpp"

namespace troupe {

/// What a connection takes of the slots.
struct slot_claim {
  direction way = direction::inbound;

  /// The subnet with whose connections it shares its part. Absent: nobody.
  std::optional<ip_network> subnet = {};
};

/// The connections whose end would make room.
struct slot_scope {
  /// Only those of that direction.
  std::optional<direction> way = {};

  /// Only inbound ones of that subnet.
  std::optional<ip_network> subnet = {};

  [[nodiscard]] bool contains(const slot_claim& what) const {
    return (!way || what.way == *way)
           && (!subnet
               || (what.way == direction::inbound && what.subnet == subnet));
  }
};

/// How many connections take a slot. Those that are about to end are present,
/// but do not stay.
class slot_tally {
public:
  void add(const slot_claim& what, bool stays) {
    count(what, stays, +1);
  }

  void remove(const slot_claim& what, bool stays) {
    count(what, stays, -1);
  }

  [[nodiscard]] size_t present() const {
    return present_[0] + present_[1];
  }

  [[nodiscard]] size_t present(direction way) const {
    return present_[static_cast<size_t>(way)];
  }

  [[nodiscard]] size_t staying() const {
    return staying_[0] + staying_[1];
  }

  [[nodiscard]] size_t staying(direction way) const {
    return staying_[static_cast<size_t>(way)];
  }

  /// Inbound connections of a subnet that stay.
  [[nodiscard]] size_t staying(const ip_network& subnet) const;

  /// The same of all subnets that have any.
  [[nodiscard]] const std::map<ip_network, size_t>& subnets() const {
    return subnets_;
  }

private:
  void count(const slot_claim& what, bool stays, int change);

  std::array<size_t, 2> present_{};
  std::array<size_t, 2> staying_{};
  std::map<ip_network, size_t> subnets_;
};

/// Dials in flight that limits count.
struct dial_tally {
  size_t all = 0;

  /// Those that become a connection of their own, and need a slot for it: there
  /// is no connection to that peer yet.
  size_t pending = 0;
};

/// Whether there is a slot.
struct slot_verdict {
  /// `none` if there is one. Otherwise why not: `too_many_peers`, or
  /// `too_many_from_ip` if it is the subnet that has too many.
  errc code = errc::none;

  /// If there is none: whose end would make room, so that a better peer may
  /// take the place of a worse one. Absent: nobody's.
  std::optional<slot_scope> victims = {};
};

/// All arithmetic of the limits of connections. Who they are, and who is better
/// than whom, is no concern of it.
///
///     |<---------------------- max_connected
///     ---------------------->|<-upgr.->|
///     |<------------- incoming() ------------->|<- left for dials ->|
///     |<- per_subnet() ->|
///
/// Dials count like the connections that they may become. Otherwise many at
/// once would all succeed, and most of them be refused.
class slots {
public:
  explicit slots(const connection_limits& limits) : limits_(limits) {}

  [[nodiscard]] const connection_limits& limits() const {
    return limits_;
  }

  // -- numbers; absent means no limit -----------------------------------------

  /// Most connections of peers that dialed us.
  [[nodiscard]] std::optional<size_t> incoming() const;

  /// Most connections in that direction.
  [[nodiscard]] std::optional<size_t> most(direction way) const;

  /// Most inbound connections of one subnet: a quarter of all, so that it
  /// takes four to keep a stranger out, and at least one.
  [[nodiscard]] std::optional<size_t> per_subnet() const;

  /// Most connections while better peers take the place of worse ones.
  [[nodiscard]] std::optional<size_t> ceiling() const;

  /// How many accepted connections a transport should hold, those among them
  /// that shake hands, `handshakes`. There is room for peers that limits do not
  /// count, and for connections that are about to end.
  [[nodiscard]] std::optional<size_t> accepted(size_t handshakes) const;

  // -- questions --------------------------------------------------------------

  /// Whether a new connection finds a slot.
  [[nodiscard]] slot_verdict for_connection(const slot_tally& taken,
                                            const slot_claim& fresh) const;

  /// Whether a new dial finds one.
  [[nodiscard]] slot_verdict for_dial(const slot_tally& taken,
                                      const dial_tally& dials) const;

  /// Whether a new connection may take the place of another one to its peer.
  /// @param stays whether the other one counts among those that stay.
  [[nodiscard]] errc for_replacement(const slot_tally& taken,
                                     const slot_claim& old, bool stays,
                                     const slot_claim& fresh) const;

  /// Where there are more connections than may stay: one of these has to end.
  [[nodiscard]] std::optional<slot_scope>
  surplus(const slot_tally& taken) const;

private:
  [[nodiscard]] bool is_full(const slot_tally& taken, direction way,
                             size_t dials = 0) const;
  [[nodiscard]] bool is_full(const slot_tally& taken,
                             const slot_claim& fresh) const;
  [[nodiscard]] bool has_room(const slot_tally& taken,
                              const dial_tally& dials) const;
  [[nodiscard]] bool fits_above(const slot_tally& taken,
                                const dial_tally& dials) const;

  connection_limits limits_;
};

} // namespace troupe
