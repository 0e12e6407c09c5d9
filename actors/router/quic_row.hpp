// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "troupe/actors/node/added_transport.hpp"
#include "troupe/actors/node/node_options.hpp"

namespace troupe {

/// Returns the transport `quic` of a node whose options name it: where it
/// listens, or in the address of a peer. Nothing if they do not, or Troupe was
/// built without.
std::optional<added_transport> quic_row(const node_options& options);

} // namespace troupe
