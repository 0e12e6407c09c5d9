// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/uvarint.hpp"
#include "troupe/messages/wire_reader.hpp"

namespace troupe {

// Counterpart of `wire_reader`. Call in ascending order of field numbers to get
// the bytes that the Go encoder makes.

/// Returns the key of a field.
constexpr uint64_t tag_of(uint32_t field, wire_type type) {
  return uint64_t{field} << 3 | static_cast<uint64_t>(type);
}

/// Appends the key of a field.
inline void append_tag(bytes& out, uint32_t field, wire_type type) {
  append_uvarint(out, tag_of(field, type));
}

/// Appends a number. Zero is left out, as proto3 demands.
inline void append_varint_field(bytes& out, uint32_t field, uint64_t value) {
  if (value == 0)
    return;
  append_tag(out, field, wire_type::varint);
  append_uvarint(out, value);
}

/// Appends an embedded message, even if it is empty.
inline void append_message_field(bytes& out, uint32_t field, byte_view value) {
  append_tag(out, field, wire_type::length_delimited);
  append_uvarint(out, value.size());
  out.insert(out.end(), value.begin(), value.end());
}

/// Appends bytes. An empty value is left out.
inline void append_bytes_field(bytes& out, uint32_t field, byte_view value) {
  if (!value.empty())
    append_message_field(out, field, value);
}

/// Appends text. An empty value is left out.
inline void append_text_field(bytes& out, uint32_t field,
                              std::string_view value) {
  append_bytes_field(out, field, std::as_bytes(std::span{value}));
}

/// Appends `body` behind its length: a delimited message.
inline void append_delimited(bytes& out, byte_view body) {
  append_uvarint(out, body.size());
  out.insert(out.end(), body.begin(), body.end());
}

} // namespace troupe
