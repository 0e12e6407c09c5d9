// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "troupe/actors/node/added_transport.hpp"
#include "troupe/actors/node/node_options.hpp"

namespace troupe {

/// Returns the transport `quic` of a node: addresses that name it may be learnt
/// at any time, and until then it costs next to nothing. Nothing if Troupe was
/// built without.
std::optional<added_transport> quic_row(const node_options& options);

} // namespace troupe
