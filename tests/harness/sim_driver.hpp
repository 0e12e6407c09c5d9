// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include <caf/actor_system.hpp>
#include <caf/disposable.hpp>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_network.hpp"

namespace troupe::testing {

/// Runs a simulated network by the clock of an actor system: makes sure that
/// `sim_network::run` is called whenever something is due.
///
/// The network runs inside the clock, not in an actor, as a network is the
/// world and not somebody in it. For actor systems with one thread and virtual
/// time only. Nothing happens in the network once its driver is gone.
class sim_driver {
public:
  sim_driver(caf::actor_system& sys, std::shared_ptr<sim_network> network);

  sim_driver(const sim_driver&) = delete;

  sim_driver& operator=(const sim_driver&) = delete;

  ~sim_driver();

private:
  void schedule();

  caf::actor_system& sys_;
  std::shared_ptr<sim_network> network_;
  std::optional<time_point> due_;
  caf::disposable pending_;
};

} // namespace troupe::testing
