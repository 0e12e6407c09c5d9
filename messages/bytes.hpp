// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace troupe {

/// Bytes that somebody else owns.
using byte_view = std::span<const std::byte>;

/// Bytes that somebody else owns and that may be written to.
using byte_span = std::span<std::byte>;

/// Bytes of our own.
using bytes = std::vector<std::byte>;

} // namespace troupe
