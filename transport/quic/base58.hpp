// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// Longest text that `decode_base58` looks at, in characters: the time it takes
/// grows with the square of the length.
inline constexpr size_t max_base58_size = 128;

/// Returns `data` as a number to the base of 58, in Bitcoin's digits: a `1` for
/// each zero byte that it begins with.
std::string encode_base58(byte_view data);

/// Returns what `encode_base58` has encoded; nothing for any other text and for
/// more than `max_base58_size` characters.
std::optional<bytes> decode_base58(std::string_view text);

} // namespace troupe
