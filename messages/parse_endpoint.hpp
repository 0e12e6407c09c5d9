// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// Parses where to listen: `[PROTOCOL://]IP:PORT`, IPv6 in brackets, the
/// protocol `mconn` if there is none.
/// @returns `invalid_endpoint`; the context names the part that is wrong.
result<endpoint> parse_endpoint(std::string_view text);

} // namespace troupe
