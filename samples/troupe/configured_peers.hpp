// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>

#include "troupe/messages/node_id.hpp"

namespace troupe::command {

/// Returns the persistent and the unconditional peers that a configuration file
/// names, as far as it can be read. What a command line says, it does not know.
std::set<node_id> configured_peers(const std::filesystem::path& file);

} // namespace troupe::command
