// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/time.hpp"

namespace troupe::testing {

/// A host of a simulated network. Numbers count from 0 in the order of adding.
enum class sim_host : uint32_t {};

/// What an event has in this place if no host takes part in it.
inline constexpr auto no_host = static_cast<sim_host>(UINT32_MAX);

/// A port of a simulated host.
struct sim_address {
  ip_address ip;
  uint16_t port = 0;

  friend auto operator<=>(const sim_address&, const sim_address&) = default;
  friend bool operator==(const sim_address&, const sim_address&) = default;
};

/// Something that a simulated network decided.
struct sim_event {
  enum class kind : uint8_t {
    // Connection requests. `size` is the number of the try, from 1.
    dial_tried,
    dial_lost,
    dial_refused,
    dial_gave_up,
    dial_connected,
    // The dialer's first packet is there: the listener may accept.
    accepted,
    // What arrived, with its size and hash.
    bytes_arrived,
    cargo_arrived,
    // A direction of a connection ended, behind all its data.
    finished,
    // The connection ended for `to`: a reset arrived, or nobody answered.
    reset,
    gave_up,
    // Faults.
    crashed,
    restarted,
    blocked,
    healed,
    stalled,
    // Names. `size` is the number of addresses; 0 for a failure.
    resolved,
    // A fault: nothing of the connection arrives any more.
    forgotten,
    // Datagrams, with their size and hash. `subject` is the sender's port.
    datagram_arrived,
    datagram_lost,
    datagram_refused,
  };

  time_point when;
  kind what;

  /// Where it comes from and where it goes; `no_host` where neither is one.
  sim_host from = no_host;
  sim_host to = no_host;

  /// Number of the connection or of the attempt to make one.
  uint64_t subject = 0;

  size_t size = 0;
  uint64_t hash = 0;
};

/// Returns the name as it stands in the source, `"bytes_arrived"`.
std::string to_string(sim_event::kind what);

/// Learns everything that a simulated network decides, in order.
class sim_observer {
public:
  virtual ~sim_observer() = default;

  /// Must not call the network.
  virtual void note(const sim_event& event) = 0;
};

} // namespace troupe::testing
