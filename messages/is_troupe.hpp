// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace troupe {

/// Whether software has that name and release, whatever comes behind it: 0.35
/// has 0.35.6 and 0.35.0-rc1, but not 0.350.
/// @param version as a node info has it.
bool is_release(std::string_view version, std::string_view release);

/// Whether a node that says it has that version, in its node info, is one of
/// ours. Anybody can say so.
bool is_troupe(std::string_view version);

} // namespace troupe
