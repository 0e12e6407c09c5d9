// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/tests/harness/sim_cargo.hpp"
#include "troupe/tests/harness/sim_event.hpp"

namespace troupe::testing {

/// One end of a simulated connection.
struct sim_socket {
  /// Number of the connection, from 1.
  uint64_t connection = 0;

  /// Whether this is the end that dialed.
  bool dialer = false;

  friend auto operator<=>(const sim_socket&, const sim_socket&) = default;
  friend bool operator==(const sim_socket&, const sim_socket&) = default;
};

/// Where a simulated host accepts connections.
struct sim_listener {
  sim_address address;

  /// Tells listeners apart that follow each other at one address.
  uint64_t number = 0;
};

/// What a socket tells its owner while the network runs. The owner may call the
/// network from within, and it is the last call if the owner lets go of the
/// socket in it.
class sim_socket_owner {
public:
  virtual ~sim_socket_owner() = default;

  /// Reading yields something that it did not before: bytes, or the end.
  virtual void on_readable() = 0;

  /// After a short write, there is space again.
  virtual void on_writable() = 0;

  /// Something arrived as a whole.
  virtual void on_cargo(sim_cargo cargo) = 0;
};

/// What a read yields.
struct sim_read_result {
  bytes data;

  /// `connection_closed` once everything is read and nothing can follow. The
  /// context says why, unless the other side closed it. `shutting_down` if it
  /// was the own host that ended.
  failure ended = {};
};

} // namespace troupe::testing
