// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/der_reader.hpp"

namespace troupe {

namespace {

/// A header: where the content begins, and how long it is.
struct header {
  size_t size = 0;
  size_t content = 0;
};

/// Reads the length behind the tag. @returns a size of 0 if it is not right.
header read_header(byte_view input) noexcept {
  if (input.size() < 2)
    return {};
  const auto first = std::to_integer<size_t>(input[1]);
  if (first < 0x80)
    return {2, first};
  // Four bytes are more than anything that anybody sends here.
  const auto count = first & 0x7f;
  if (count == 0 || count > 4 || input.size() < 2 + count)
    return {};
  size_t length = 0;
  for (auto octet : input.subspan(2, count))
    length = length << 8 | std::to_integer<size_t>(octet);
  const auto shortest = length >= 0x80 && input[2] != std::byte{0};
  return shortest ? header{2 + count, length} : header{};
}

} // namespace

uint8_t der_reader::peek() const noexcept {
  return rest_.empty() ? 0 : std::to_integer<uint8_t>(rest_.front());
}

byte_view der_reader::read_whole(uint8_t tag) noexcept {
  // A number of 31 says that the tag goes on in the next byte.
  if (peek() != tag || tag == 0 || (tag & 0x1f) == 0x1f)
    return fail();
  const auto head = read_header(rest_);
  if (head.size == 0 || head.content > rest_.size() - head.size)
    return fail();
  auto whole = rest_.first(head.size + head.content);
  rest_ = rest_.subspan(whole.size());
  return whole;
}

byte_view der_reader::read(uint8_t tag) noexcept {
  auto whole = read_whole(tag);
  return ok_ ? whole.subspan(read_header(whole).size) : whole;
}

void der_reader::skip_if(uint8_t tag) noexcept {
  if (peek() == tag)
    read_whole(tag);
}

byte_view der_reader::fail() noexcept {
  ok_ = false;
  rest_ = {};
  return {};
}

} // namespace troupe
