// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/base58.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe {

namespace {

constexpr std::string_view digits
    = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Multiplies a number by `from` and adds `digit`. The number has digits to the
/// base of `to`, the least significant one first.
void push_digit(std::vector<uint8_t>& number, unsigned digit, unsigned from,
                unsigned to) {
  auto carry = digit;
  for (auto& place : number) {
    carry += place * from;
    place = static_cast<uint8_t>(carry % to);
    carry /= to;
  }
  for (; carry > 0; carry /= to)
    number.push_back(static_cast<uint8_t>(carry % to));
}

} // namespace

std::string encode_base58(byte_view data) {
  const auto first
      = std::ranges::find_if(data, [](auto x) { return x != std::byte{0}; });
  std::string result(static_cast<size_t>(first - data.begin()), digits[0]);
  std::vector<uint8_t> number;
  for (auto octet : std::span{first, data.end()})
    push_digit(number, std::to_integer<unsigned>(octet), 256, 58);
  for (auto place = number.rbegin(); place != number.rend(); ++place)
    result += digits[*place];
  return result;
}

std::optional<bytes> decode_base58(std::string_view text) {
  if (text.size() > max_base58_size)
    return std::nullopt;
  const auto zeros = std::min(text.find_first_not_of(digits[0]), text.size());
  std::vector<uint8_t> number;
  for (auto character : text.substr(zeros)) {
    const auto digit = digits.find(character);
    if (digit == std::string_view::npos)
      return std::nullopt;
    push_digit(number, static_cast<unsigned>(digit), 58, 256);
  }
  bytes result(zeros, std::byte{0});
  for (auto place = number.rbegin(); place != number.rend(); ++place)
    result.push_back(static_cast<std::byte>(*place));
  return result;
}

} // namespace troupe
