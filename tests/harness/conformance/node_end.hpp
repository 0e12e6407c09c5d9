// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "troupe/messages/node_info.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/tests/harness/conformance/connection_end.hpp"
#include "troupe/tests/harness/conformance/patient_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe::testing::conformance {

/// The key of a node of a test; different numbers, different keys.
node_key key_of(int number);

/// What that node tells about itself.
node_info info_of(const node_id& id, std::string moniker = "test");

/// Descriptors that this process has open.
size_t open_descriptors();

/// A transport of one node, with what a test asks of it.
struct node_end {
  node_end(caf::actor_system& system, int number, transport_actor handle);

  /// @returns the endpoint, or nothing if it failed with `error`.
  std::optional<endpoint> listen(const endpoint& where);

  std::vector<endpoint> endpoints();

  void close();

  pending_connection accept();

  pending_connection dial(const endpoint& where,
                          caf::timespan limit = patience);

  caf::actor_system& sys;
  node_key key;
  node_info info;
  transport_actor transport;
  patient_actor self;
  errc error = errc::none;
};

/// Connects without a handshake.
connection_pair connect(node_end& from, node_end& to, const endpoint& where);

/// Connects, shakes hands and starts both ends.
/// @param channels what is open at the end that dials.
connection_pair establish(node_end& from, node_end& to, const endpoint& where,
                          std::vector<channel_descriptor> channels
                          = test_channels());

/// Waits for something that nobody reports, such as a closed descriptor.
template <class Predicate>
bool eventually(patient_actor& self, Predicate what) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!what()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    self->receive(caf::after(std::chrono::milliseconds{1}) >> [] {});
  }
  return true;
}

} // namespace troupe::testing::conformance
