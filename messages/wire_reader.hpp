// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// How the value of a Protobuf field is encoded.
enum class wire_type : uint8_t {
  varint = 0,
  fixed64 = 1,
  length_delimited = 2,
  group_start = 3,
  group_end = 4,
  fixed32 = 5,
};

/// Strict cursor over one encoded Protobuf message, for the few messages that
/// are read before a peer is trusted with anything. It neither copies nor
/// allocates; views point into the input.
///
///     wire_reader in{input};
///     while (in.next())
///       switch (in.field()) {
///         case 1: port = in.varint(); break;
///         case 2: host = in.text(); break;
///       }
///     if (!in.ok()) ...
///
/// A field whose value is not read is skipped by the following `next`. The
/// first error sticks: `next` returns `false` from then on, values are zero or
/// empty, and `ok` says so. Whatever was read before must then be discarded,
/// too. Errors are: truncation, a number of more than 64 bits, a field number
/// of 0 or above 2^29 - 1, a reserved wire type, an end of a group that never
/// began, groups nested deeper than `max_group_depth`, and a field read as
/// another type than it has.
class wire_reader {
public:
  /// Deepest nesting of skipped groups.
  static constexpr size_t max_group_depth = 100;

  explicit wire_reader(byte_view input) noexcept : rest_(input) {}

  /// Moves to the next field. @returns `false` at the end and after an error.
  bool next() noexcept;

  /// Whether everything up to here was well-formed.
  [[nodiscard]] bool ok() const noexcept {
    return ok_;
  }

  /// Number of the current field.
  [[nodiscard]] uint32_t field() const noexcept {
    return field_;
  }

  /// Encoding of the current field.
  [[nodiscard]] wire_type type() const noexcept {
    return type_;
  }

  /// Reads the current field as a number. Call once a field.
  uint64_t varint() noexcept;

  /// Reads the current field as an `int32`, which keeps the low 32 bits of
  /// what is on the wire. Call once a field.
  int32_t int32() noexcept {
    return static_cast<int32_t>(static_cast<uint32_t>(varint()));
  }

  /// Reads the current field as a number of 32 or of 64 bits that is encoded
  /// as such. Call once a field.
  uint32_t fixed32() noexcept;
  uint64_t fixed64() noexcept;

  /// Reads the current field as bytes: a `bytes` field, a `string` or an
  /// embedded message. Call once a field.
  byte_view view() noexcept;

  /// Reads the current field as text, which may hold any bytes. Call once a
  /// field.
  std::string_view text() noexcept;

  /// Skips the value of the current field, of whatever type.
  void skip() noexcept;

private:
  void fail() noexcept;
  bool expect(wire_type type) noexcept;
  bool read_tag() noexcept;
  uint64_t read_varint() noexcept;
  byte_view read_view(uint64_t size) noexcept;
  uint64_t read_fixed(wire_type type, size_t size) noexcept;
  void skip_value(wire_type type) noexcept;
  void skip_group() noexcept;

  byte_view rest_;
  uint32_t field_ = 0;
  wire_type type_ = wire_type::varint;
  bool pending_ = false;
  bool ok_ = true;
};

/// Checks that `input` is well-formed, whatever its fields.
[[nodiscard]] bool well_formed(byte_view input) noexcept;

} // namespace troupe
