// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <caf/actor_addr.hpp>
#include <caf/behavior.hpp>
#include <caf/scheduled_actor.hpp>

#include "troupe/transport/alarm.hpp"
#include "troupe/transport/mconn/byte_stream_actor.hpp"
#include "troupe/transport/tcp/stream_reader.hpp"
#include "troupe/transport/tcp/stream_socket.hpp"
#include "troupe/transport/tcp/stream_writer.hpp"

namespace troupe {

/// The state of a `byte_stream_actor`, over a socket of any kind: a broker's,
/// and in simulations an ordinary actor's.
class byte_stream_state {
public:
  explicit byte_stream_state(caf::scheduled_actor* self) : self_(self) {}

  /// @param make makes the socket, which calls back until the state is gone.
  /// @param stall_max a remote that takes nothing for this long is given up.
  caf::behavior start(const stream_socket_maker& make, duration stall_max);

private:
  void attach();
  void allow_reads(size_t bytes);
  void read();
  void deliver(raw_bytes data, size_t credit);
  void expect_hangup();
  void check_hangup();
  void write();
  void expect_progress();
  void check_progress();
  void acknowledge();
  void end(const failure& why);
  [[nodiscard]] byte_stream_owner lock_owner() const;
  [[nodiscard]] time_point now() const;

  caf::scheduled_actor* self_;
  caf::actor_addr owner_; // Weak: the owner holds us.
  stream_reader reader_{read_size_max};
  stream_writer writer_;
  alarm hangup_check_;
  alarm stall_check_;
  std::unique_ptr<stream_socket> socket_; // Its callback uses the rest.
};

} // namespace troupe
