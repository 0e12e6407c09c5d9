// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "troupe/messages/bytes.hpp"
#include "troupe/tests/harness/sim_event.hpp"

namespace troupe::testing {

/// A port of a simulated host that datagrams come to. Numbers are never used
/// again.
enum class sim_port : uint64_t {};

/// Who holds a port. The calls come in the middle of the network's own work:
/// they must not call it.
class sim_port_owner {
public:
  virtual ~sim_port_owner() = default;

  virtual void on_datagram(const sim_address& from, bytes data) = 0;

  /// The system at the other end says that nobody takes datagrams there, or
  /// somebody says that in its name. Comes only to ports for one remote.
  virtual void on_refused() = 0;

  /// After a datagram that was not taken, others may be.
  virtual void on_writable() = 0;
};

} // namespace troupe::testing
