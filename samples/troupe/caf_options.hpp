// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace troupe::command {

/// Whether an option of CAF's may be set here, and to this value. Some make no
/// sense for a node, and CAF checks none: without workers it waits for ever,
/// and an interval of 0 is divided by.
/// @param name like `caf.scheduler.max-threads`.
/// @returns what is wrong, behind the name of the option; empty if nothing is.
std::string check_caf_option(std::string_view name, const std::string& value);

} // namespace troupe::command
