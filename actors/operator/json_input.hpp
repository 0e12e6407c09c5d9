// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "troupe/messages/result.hpp"

namespace troupe {

/// Parses a JSON object that is at most eight levels deep; no text at all is an
/// empty one.
/// @returns `invalid_option` for everything else.
result<nlohmann::json> parse_json_object(std::string_view text);

} // namespace troupe
