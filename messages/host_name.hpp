// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "troupe/messages/errc.hpp"

namespace troupe {

/// The longest name that DNS knows, in bytes (RFC 1035, 2.3.4).
inline constexpr size_t host_name_size_max = 253;

/// Checks the host of an address: an IPv4 address of four plain decimal
/// numbers, an IPv6 address without brackets and zone, or a name of letters,
/// digits, hyphens and underscores in labels of 1 to 63 bytes.
///
/// What a resolver would take for an IPv4 address in another notation
/// (`127.1`, `0x7f000001`, `010.0.0.1`) is no name: a filter and a reader must
/// not see another address than the one that is dialed. A name beyond ASCII
/// has its `xn--` form (RFC 5890).
/// @returns `invalid_address`, the context is half a sentence: "host \"127.1\"
///          is neither an IPv4 address of four decimal numbers nor a name".
failure validate_host(std::string_view text);

} // namespace troupe
