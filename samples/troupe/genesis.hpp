// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "troupe/messages/result.hpp"

namespace troupe::command {

/// Returns the `chain_id` of a genesis file, which is the name of the network.
/// Such files may be large; what stands behind it is not read.
/// @returns `file_error` if the file cannot be read or has none.
result<std::string> read_chain_id(const std::filesystem::path& file);

} // namespace troupe::command
