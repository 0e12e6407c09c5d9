// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_driver.hpp"

#include <utility>

#include <caf/action.hpp>
#include <caf/actor_clock.hpp>

namespace troupe::testing {

sim_driver::sim_driver(caf::actor_system& sys,
                       std::shared_ptr<sim_network> network)
  : sys_(sys),
    network_(std::move(network)) {
  network_->set_waker([this] { schedule(); });
  schedule();
}

sim_driver::~sim_driver() {
  network_->set_waker({});
  if (pending_)
    pending_.dispose();
}

/// Keeps an earlier call: the network then has nothing to do, and a new call is
/// scheduled.
void sim_driver::schedule() {
  const auto next = network_->next_event();
  if (!next || (due_ && *due_ <= *next))
    return;
  if (pending_)
    pending_.dispose();
  due_ = next;
  pending_ = sys_.clock().schedule(*next, caf::make_action([this] {
    due_.reset();
    pending_ = {};
    network_->run(sys_.clock().now());
    schedule();
  }));
}

} // namespace troupe::testing
