// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/transport/tcp/mconn_transport_broker.hpp"

namespace troupe::bench {

/// Channels of the benchmarks: bulk data and echo.
inline constexpr channel_id data_channel = 0x70;
inline constexpr channel_id echo_channel = 0x71;

std::vector<channel_descriptor> channels();

/// Options without rate limits, and a new key.
std::shared_ptr<const mconn_options> unlimited();

node_info info_of(const mconn_options& options);

/// Dials the other process and shakes hands. The connection ends with `self`.
connection_actor connect(caf::scoped_actor& self, const endpoint& where,
                         const std::shared_ptr<const mconn_options>& options);

/// Listens and answers every message on `echo_channel`; on `data_channel`,
/// answers with an empty message whenever the sum of a round is complete. The
/// first 8 bytes of a round's first message are the round's size. Prints the
/// port and does not return.
[[noreturn]] void serve(caf::actor_system& sys);

/// Measures the throughput of one connection with messages of one size.
class bulk_sender {
public:
  /// @param size  of each message in bytes, at least 8.
  bulk_sender(caf::actor_system& sys, connection_actor connection, size_t size);

  bulk_sender(const bulk_sender&) = delete;

  bulk_sender& operator=(const bulk_sender&) = delete;

  ~bulk_sender();

  /// Sends `total` bytes and waits until the other side has them all.
  /// @returns bytes a second.
  double run(size_t total);

private:
  caf::scoped_actor self_;
  connection_actor connection_;
  caf::actor worker_;
};

/// Median and 99th percentile of round-trip times.
struct echo_times {
  std::chrono::nanoseconds median = {};
  std::chrono::nanoseconds slow = {};
};

/// Measures the round trips of `count` small messages of a high priority, one
/// at a time.
/// @param flooded whether the connection is kept full with others meanwhile.
echo_times measure_echo(caf::actor_system& sys,
                        const connection_actor& connection, size_t count,
                        bool flooded = false);

} // namespace troupe::bench
