// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <variant>

#include <caf/actor_addr.hpp>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/transport/connection_messages.hpp"

namespace troupe {

/// What one end of a memory connection claims to be.
struct memory_greeting {
  node_id id;
  node_info info;
};

/// Read window that one end of a memory connection gives back.
struct memory_credit {
  size_t cost = 0;
};

/// One thing that an end of a memory connection says to the other. A batch
/// without messages asks for a sign of life; credit of 0 answers it.
using memory_parcel
    = std::variant<memory_greeting, inbound_batch, memory_credit>;

/// Carries parcels between the two ends of a memory connection that do not
/// talk to each other directly. Each end owns a wire; destroying it ends the
/// connection for the other end, behind all parcels.
class memory_wire {
public:
  virtual ~memory_wire() = default;

  /// Says where to `deliver` what arrives. Comes first and once.
  virtual void attach(const caf::actor_addr& connection) = 0;

  /// Sends a parcel, behind those sent before.
  virtual void send(memory_parcel what) = 0;
};

/// Hands a parcel to a memory connection.
void deliver(const caf::actor_addr& connection, memory_parcel what);

/// Ends a memory connection, behind all parcels that were delivered.
void deliver_end(const caf::actor_addr& connection, const failure& why);

} // namespace troupe
