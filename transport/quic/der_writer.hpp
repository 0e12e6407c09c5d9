// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/transport/quic/der_reader.hpp"

namespace troupe {

// Counterpart of `der_reader`.

/// Returns an element whose content is all of `parts`, one behind the other.
/// Together they have less than 64 KiB.
bytes der_element(uint8_t tag, std::initializer_list<byte_view> parts);

/// Returns a positive integer. @param value most significant byte first.
bytes der_integer(byte_view value);

/// Returns text, or digits of a time.
inline bytes der_text(uint8_t tag, std::string_view text) {
  return der_element(tag, {std::as_bytes(std::span{text})});
}

} // namespace troupe
