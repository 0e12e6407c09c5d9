// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <caf/actor_system.hpp>
#include <caf/telemetry/counter.hpp>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"

namespace troupe {

/// Counters of a node in CAF's metric registry, under the names by which
/// CometBFT operators know them. A small value: copies count together.
class metrics {
public:
  explicit metrics(caf::actor_system& sys) : sys_(&sys) {}

  /// Counts messages that were shed.
  /// @param way which way they were going.
  void dropped(channel_id channel, direction way, std::string_view reason,
               uint32_t count = 1);

  /// Returns the counter that `dropped` counts with, for those who shed much.
  caf::telemetry::int_counter* drops(channel_id channel, direction way,
                                     std::string_view reason);

  /// Returns the counter of message bytes of a channel. Finding it is slow,
  /// counting is not; it lives as long as the actor system.
  caf::telemetry::int_counter* traffic(channel_id channel, direction way);

  /// Counts a dial or a handshake that failed.
  void refused(direction way, std::string_view reason);

  /// Sets the number of connected peers.
  void peers(size_t count);

private:
  caf::actor_system* sys_;
};

} // namespace troupe
