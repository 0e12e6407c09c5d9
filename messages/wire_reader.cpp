// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/wire_reader.hpp"

#include "troupe/messages/uvarint.hpp"

namespace troupe {

namespace {

constexpr uint64_t max_field_number = (uint64_t{1} << 29) - 1;

} // namespace

bool wire_reader::next() noexcept {
  if (pending_)
    skip();
  if (rest_.empty() || !read_tag())
    return false;
  // On its own level a group can only end if it has begun.
  if (type_ == wire_type::group_end) {
    fail();
    return false;
  }
  pending_ = true;
  return true;
}

uint64_t wire_reader::varint() noexcept {
  return expect(wire_type::varint) ? read_varint() : 0;
}

uint32_t wire_reader::fixed32() noexcept {
  return static_cast<uint32_t>(read_fixed(wire_type::fixed32, 4));
}

uint64_t wire_reader::fixed64() noexcept {
  return read_fixed(wire_type::fixed64, 8);
}

byte_view wire_reader::view() noexcept {
  return expect(wire_type::length_delimited) ? read_view(read_varint())
                                             : byte_view{};
}

std::string_view wire_reader::text() noexcept {
  auto value = view();
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

void wire_reader::skip() noexcept {
  if (!pending_)
    return;
  pending_ = false;
  skip_value(type_);
}

void wire_reader::fail() noexcept {
  ok_ = false;
  pending_ = false;
  rest_ = {};
}

bool wire_reader::expect(wire_type type) noexcept {
  if (!pending_ || type_ != type) {
    fail();
    return false;
  }
  pending_ = false;
  return true;
}

bool wire_reader::read_tag() noexcept {
  auto tag = read_varint();
  auto number = tag >> 3;
  auto type = tag & 7;
  if (number == 0 || number > max_field_number || type > 5)
    fail();
  if (!ok_)
    return false;
  field_ = static_cast<uint32_t>(number);
  type_ = static_cast<wire_type>(type);
  return true;
}

uint64_t wire_reader::read_varint() noexcept {
  auto number = decode_uvarint(rest_);
  if (number.status != uvarint_status::complete) {
    fail();
    return 0;
  }
  rest_ = rest_.subspan(number.size);
  return number.value;
}

byte_view wire_reader::read_view(uint64_t size) noexcept {
  if (size > rest_.size()) {
    fail();
    return {};
  }
  auto result = rest_.first(static_cast<size_t>(size));
  rest_ = rest_.subspan(result.size());
  return result;
}

/// The lowest byte comes first.
uint64_t wire_reader::read_fixed(wire_type type, size_t size) noexcept {
  uint64_t result = 0;
  if (!expect(type))
    return result;
  const auto raw = read_view(size);
  for (size_t i = raw.size(); i > 0; --i)
    result = (result << 8) | std::to_integer<uint64_t>(raw[i - 1]);
  return result;
}

void wire_reader::skip_value(wire_type type) noexcept {
  switch (type) {
    case wire_type::varint:
      read_varint();
      break;
    case wire_type::fixed64:
      read_view(8);
      break;
    case wire_type::length_delimited:
      read_view(read_varint());
      break;
    case wire_type::group_start:
      skip_group();
      break;
    case wire_type::fixed32:
      read_view(4);
      break;
    case wire_type::group_end:
      fail();
      break;
  }
}

// A loop instead of a recursion: the depth is the remote's choice. Like the Go
// decoder it does not compare the field numbers of start and end.
void wire_reader::skip_group() noexcept {
  for (size_t depth = 1; depth > 0;) {
    if (!read_tag())
      return;
    if (type_ == wire_type::group_end)
      --depth;
    else if (type_ != wire_type::group_start)
      skip_value(type_);
    else if (++depth > max_group_depth)
      fail();
  }
}

bool well_formed(byte_view input) noexcept {
  wire_reader in{input};
  while (in.next())
    in.skip();
  return in.ok();
}

} // namespace troupe
