// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "troupe/tests/harness/conformance/node_end.hpp"
#include "troupe/tests/harness/conformance/transport_conformance.hpp"

namespace troupe::testing::conformance {

/// Two nodes over what is checked, of which the second listens.
struct node_pair {
  explicit node_pair(transport_subject& what);

  /// A connection without a handshake.
  connection_pair connected();

  /// A connection that passes messages.
  connection_pair established(std::vector<channel_descriptor> channels
                              = test_channels());

  transport_subject& subject;
  caf::actor_system& sys;
  node_end a;
  node_end b;
  endpoint address;
};

} // namespace troupe::testing::conformance
