// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "ledger.hpp"
#include "troupe/actors/node/node.hpp"

namespace troupe::shapes {

/// Nodes of one process that talk over TCP on loopback without limits of rate.
/// The first one is the peer of all others. They stop with this.
class network {
public:
  /// @param channels that each node will open.
  network(caf::actor_system& sys, size_t channels);

  network(const network&) = delete;

  network& operator=(const network&) = delete;

  ~network();

  [[nodiscard]] const node& first() const {
    return nodes_.front();
  }

  /// Adds a node. The first one listens once its channels are open, so that
  /// they come before.
  node add();

private:
  void spawn(std::vector<std::string> listen, std::vector<std::string> peers);

  caf::actor_system& sys_;
  size_t channels_;
  std::vector<node> nodes_;
};

/// How a source sends.
struct flow {
  size_t size = 0;
  /// Messages that the connection has yet to take: each one is sent when
  /// another one has been taken.
  size_t in_flight = 1;
  uint64_t messages = UINT64_MAX;
  /// To all peers, and not to one of them.
  bool broadcast = false;
  /// The next one is sent when a sink says so.
  bool serially = false;
};

/// Starts a reactor that gets messages, for each of which it takes a time.
/// @param into outlives the actor system, as in all functions here.
/// @param next if not null, is told of each message, so that it sends one more.
caf::actor spawn_sink(caf::actor_system& sys, const node& home, channel_id id,
                      ledger& into, std::chrono::nanoseconds processing = {},
                      const caf::actor& next = nullptr);

/// Starts a reactor that sends once it is told to.
/// @param peers hears of each peer.
caf::actor spawn_source(caf::actor_system& sys, const node& home, channel_id id,
                        roll_call& peers);

void start(const caf::actor& source, const flow& what);

void stop(const caf::actor& source);

/// Starts a reactor that sends back what it gets.
void spawn_echo(caf::actor_system& sys, const node& home, channel_id id);

/// Starts a reactor that sends messages at a rate and gets them back.
caf::actor spawn_caller(caf::actor_system& sys, const node& home, channel_id id,
                        roll_call& peers, ledger& into);

/// @param per_second at least 100.
void start_calls(const caf::actor& caller, size_t size, uint64_t per_second);

} // namespace troupe::shapes
