// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "troupe/tests/harness/conformance/claim.hpp"
#include "troupe/tests/harness/conformance/node_pair.hpp"
#include "troupe/tests/harness/conformance/transport_conformance.hpp"

namespace troupe::testing::conformance {

/// About listening, dialing and endpoints.
std::vector<transport_check> dialing_checks();

/// About handshakes.
std::vector<transport_check> handshake_checks();

/// About messages, and how connections end.
std::vector<transport_check> message_checks();

/// About memory and windows: what a reader that is slow costs.
std::vector<transport_check> window_checks();

/// Makes a check of what is done with two nodes.
template <class Function>
transport_check on_two_nodes(std::string_view name, Function run) {
  return {name, [run](transport_subject& what) {
            node_pair world{what};
            run(world);
          }};
}

} // namespace troupe::testing::conformance
