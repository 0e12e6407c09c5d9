// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/result.hpp"

namespace troupe {

/// How to ask the gateway to the internet for a port that leads to us.
enum class mapping_protocol : uint8_t {
  /// NAT-PMP, RFC 6886: one packet each way.
  natpmp,
  /// UPnP's Internet Gateway Device: a search, and HTTP.
  upnp,
};

/// Returns the name by which `parse_mapping_protocols` knows it.
std::string to_string(mapping_protocol x);

/// Parses which of them to use: `natpmp`, `upnp`, several with commas between;
/// `any`, or `none`.
/// @returns those in the order in which to try them, the quickest first; or
///          `invalid_option`, whose context says what was expected.
result<std::vector<mapping_protocol>>
parse_mapping_protocols(std::string_view text);

} // namespace troupe
