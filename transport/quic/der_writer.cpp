// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/der_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace troupe {

bytes der_element(uint8_t tag, std::initializer_list<byte_view> parts) {
  size_t size = 0;
  for (auto part : parts)
    size += part.size();
  assert(size < 0x10000);
  bytes result{static_cast<std::byte>(tag)};
  if (size >= 0x100)
    result.push_back(std::byte{0x82});
  else if (size >= 0x80)
    result.push_back(std::byte{0x81});
  if (size >= 0x100)
    result.push_back(static_cast<std::byte>(size >> 8));
  result.push_back(static_cast<std::byte>(size & 0xff));
  for (auto part : parts)
    result.insert(result.end(), part.begin(), part.end());
  return result;
}

bytes der_integer(byte_view value) {
  constexpr std::array zero = {std::byte{0}};
  while (value.size() > 1 && value[0] == std::byte{0})
    value = value.subspan(1);
  // The first bit is the sign.
  const auto padded
      = value.empty() || (value[0] & std::byte{0x80}) != std::byte{0};
  return der_element(der_tag::integer,
                     {padded ? byte_view{zero} : byte_view{}, value});
}

} // namespace troupe
