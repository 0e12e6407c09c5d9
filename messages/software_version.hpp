// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace troupe {

/// Returns the version of this library, `1.2.3`.
std::string_view software_version() noexcept;

} // namespace troupe
