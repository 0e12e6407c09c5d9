// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <spdlog/logger.h>

namespace troupe {

/// Returns the logger named "troupe": the one in spdlog's registry if the
/// program put one there, otherwise one that writes warnings and worse to
/// standard error. One line an event, `key=value`, IDs in full.
spdlog::logger& log();

} // namespace troupe
