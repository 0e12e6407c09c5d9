// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace troupe::command {

/// Raises the limit of open descriptors of this process as far as it may do so
/// itself: every connection takes one, and the usual limit of 1,024 is meant
/// for programs that use `select`.
/// @returns how many there may be from now on.
size_t raise_descriptor_limit();

} // namespace troupe::command
