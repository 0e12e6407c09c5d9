// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// Tags of the elements that occur in certificates (X.690, 8.1.2).
struct der_tag {
  static constexpr uint8_t boolean = 0x01;
  static constexpr uint8_t integer = 0x02;
  static constexpr uint8_t bit_string = 0x03;
  static constexpr uint8_t octet_string = 0x04;
  static constexpr uint8_t object_id = 0x06;
  static constexpr uint8_t utc_time = 0x17;
  static constexpr uint8_t generalized_time = 0x18;
  static constexpr uint8_t printable_string = 0x13;
  static constexpr uint8_t sequence = 0x30;
  static constexpr uint8_t set = 0x31;

  /// `[number]`, of the context, around other elements.
  static constexpr uint8_t explicit_part(uint8_t number) noexcept {
    return 0xa0 | number;
  }

  /// `[number]`, of the context, in place of a primitive tag.
  static constexpr uint8_t implicit_part(uint8_t number) noexcept {
    return 0x80 | number;
  }
};

/// Strict cursor over elements of ASN.1 in their distinguished encoding (X.690,
/// section 10), one after the other. It neither copies nor allocates; views
/// point into the input.
///
///     der_reader all{input};
///     der_reader parts{all.read(der_tag::sequence)};
///     auto first = parts.read(der_tag::integer);
///     if (!parts.done() || !all.done()) ...
///
/// The first error sticks: whatever is read from then on is empty, and `done`
/// never holds. Errors are: another tag than the one that is asked for, a tag
/// of more than one byte, a length that is indefinite, longer than it has to
/// be, or more than there is. What stands inside of primitive elements is up to
/// the caller.
class der_reader {
public:
  explicit der_reader(byte_view input) noexcept : rest_(input) {}

  /// The tag of the next element; 0, which no element has here, at the end and
  /// after an error.
  [[nodiscard]] uint8_t peek() const noexcept;

  /// Reads the content of the next element, which has to have that tag.
  byte_view read(uint8_t tag) noexcept;

  /// Reads the next element like `read`. @returns it with its tag and length.
  byte_view read_whole(uint8_t tag) noexcept;

  /// Skips the next element if it has that tag.
  void skip_if(uint8_t tag) noexcept;

  /// Whether there was no error.
  [[nodiscard]] bool ok() const noexcept {
    return ok_;
  }

  /// Whether there was no error and nothing is left.
  [[nodiscard]] bool done() const noexcept {
    return ok_ && rest_.empty();
  }

private:
  byte_view fail() noexcept;

  byte_view rest_;
  bool ok_ = true;
};

} // namespace troupe
