// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/ip_address.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace troupe {

namespace {

constexpr size_t v4_offset = 12;

/// Parses one part of a dotted-decimal address. Leading zeros are refused:
/// some programs take them for octal, and a filter must not read another
/// address than a resolver.
std::optional<uint8_t> parse_octet(std::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0'))
    return std::nullopt;
  unsigned value = 0;
  for (auto c : text) {
    if (c < '0' || c > '9')
      return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 255)
    return std::nullopt;
  return static_cast<uint8_t>(value);
}

std::optional<std::array<std::byte, 4>> parse_v4(std::string_view text) {
  std::array<std::byte, 4> result;
  for (size_t i = 0; i < result.size(); ++i) {
    auto last = i + 1 == result.size();
    auto dot = last ? text.size() : text.find('.');
    if (dot == std::string_view::npos)
      return std::nullopt;
    auto octet = parse_octet(text.substr(0, dot));
    if (!octet)
      return std::nullopt;
    result[i] = std::byte{*octet};
    text.remove_prefix(last ? dot : dot + 1);
  }
  return result;
}

/// Parses one group of an IPv6 address, up to four hexadecimal digits.
std::optional<uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4)
    return std::nullopt;
  unsigned value = 0;
  for (auto c : text) {
    value *= 16;
    if (c >= '0' && c <= '9')
      value += static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value += static_cast<unsigned>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      value += static_cast<unsigned>(c - 'A' + 10);
    else
      return std::nullopt;
  }
  return static_cast<uint16_t>(value);
}

/// Up to eight groups, as bytes.
struct group_list {
  std::array<std::byte, 16> octets{};
  size_t size = 0;

  /// @returns `false` if `data` does not fit.
  bool append(std::span<const std::byte> data) {
    if (data.size() > octets.size() - size)
      return false;
    std::copy(data.begin(), data.end(), octets.begin() + size);
    size += data.size();
    return true;
  }
};

/// Parses groups separated by single colons. Only the last one may be a dotted
/// IPv4 address. Empty text is no group.
std::optional<group_list> parse_groups(std::string_view text) {
  group_list result;
  while (!text.empty()) {
    auto colon = text.find(':');
    auto part = text.substr(0, colon);
    if (auto group = parse_group(part)) {
      std::byte raw[] = {static_cast<std::byte>(*group >> 8),
                         static_cast<std::byte>(*group & 0xff)};
      if (!result.append(raw))
        return std::nullopt;
    } else {
      auto embedded = parse_v4(part);
      if (!embedded || colon != std::string_view::npos
          || !result.append(*embedded))
        return std::nullopt;
    }
    if (colon == std::string_view::npos)
      return result;
    text.remove_prefix(colon + 1);
    if (text.empty())
      return std::nullopt;
  }
  return result;
}

std::optional<std::array<std::byte, 16>> parse_v6(std::string_view text) {
  auto gap = text.find("::");
  auto head = parse_groups(text.substr(0, gap));
  if (!head)
    return std::nullopt;
  if (gap == std::string_view::npos) {
    if (head->size != 16)
      return std::nullopt;
    return head->octets;
  }
  auto head_text = text.substr(0, gap);
  auto tail = parse_groups(text.substr(gap + 2));
  // The gap stands for at least one group, and IPv4 only for the last ones.
  if (!tail || head->size + tail->size > 14
      || head_text.find('.') != std::string_view::npos)
    return std::nullopt;
  auto result = head->octets;
  std::copy_n(tail->octets.begin(), tail->size, result.end() - tail->size);
  return result;
}

/// First group and number of groups of the longest run of zeros, the first one
/// if there are several; a single zero group is not a run (RFC 5952, 4.2).
std::pair<size_t, size_t> longest_gap(const std::array<uint16_t, 8>& groups) {
  std::pair<size_t, size_t> best{groups.size(), 1};
  for (size_t first = 0; first < groups.size(); ++first) {
    auto last = first;
    while (last < groups.size() && groups[last] == 0)
      ++last;
    if (last - first > best.second)
      best = {first, last - first};
  }
  return best;
}

std::string print_v6(std::span<const std::byte> octets) {
  std::array<uint16_t, 8> groups;
  for (size_t i = 0; i < groups.size(); ++i)
    groups[i]
        = static_cast<uint16_t>(std::to_integer<unsigned>(octets[2 * i]) << 8
                                | std::to_integer<unsigned>(octets[2 * i + 1]));
  auto [gap, gap_size] = longest_gap(groups);
  std::string result;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (i == gap) {
      result += "::";
      i += gap_size - 1;
      continue;
    }
    if (!result.empty() && result.back() != ':')
      result += ':';
    fmt::format_to(std::back_inserter(result), "{:x}", groups[i]);
  }
  return result;
}

} // namespace

ip_address ip_address::v4(std::span<const std::byte, 4> octets) {
  ip_address result;
  result.bytes_[10] = result.bytes_[11] = std::byte{0xff};
  std::copy(octets.begin(), octets.end(), result.bytes_.begin() + v4_offset);
  return result;
}

ip_address ip_address::v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  const std::array octets{std::byte{a}, std::byte{b}, std::byte{c},
                          std::byte{d}};
  return v4(octets);
}

ip_address ip_address::v6(std::span<const std::byte, 16> octets) {
  ip_address result;
  std::copy(octets.begin(), octets.end(), result.bytes_.begin());
  return result;
}

std::optional<ip_address>
ip_address::from_bytes(std::span<const std::byte> octets) {
  if (octets.size() == 4)
    return v4(octets.first<4>());
  if (octets.size() == 16)
    return v6(octets.first<16>());
  return std::nullopt;
}

std::optional<ip_address> ip_address::parse(std::string_view text) {
  if (auto octets = parse_v4(text))
    return v4(*octets);
  if (auto octets = parse_v6(text))
    return v6(*octets);
  return std::nullopt;
}

bool ip_address::is_v4() const noexcept {
  auto is_zero = [](std::byte octet) { return octet == std::byte{0}; };
  return std::all_of(bytes_.begin(), bytes_.begin() + 10, is_zero)
         && bytes_[10] == std::byte{0xff} && bytes_[11] == std::byte{0xff};
}

bool ip_address::is_unspecified() const noexcept {
  auto own = bytes();
  return std::all_of(own.begin(), own.end(),
                     [](std::byte octet) { return octet == std::byte{0}; });
}

bool ip_address::is_loopback() const noexcept {
  if (is_v4())
    return in(v4(127, 0, 0, 0), 8);
  ip_address one;
  one.bytes_[15] = std::byte{1};
  return *this == one;
}

bool ip_address::is_multicast() const noexcept {
  if (is_v4())
    return in(v4(224, 0, 0, 0), 4);
  return bytes_[0] == std::byte{0xff};
}

bool ip_address::is_broadcast() const noexcept {
  return *this == v4(255, 255, 255, 255);
}

bool ip_address::in(const ip_address& network, unsigned bits) const {
  auto own = bytes();
  auto other = network.bytes();
  if (own.size() != other.size() || bits > own.size() * 8)
    return false;
  auto whole = bits / 8;
  if (!std::equal(own.begin(), own.begin() + whole, other.begin()))
    return false;
  auto rest = bits % 8;
  if (rest == 0)
    return true;
  auto mask = static_cast<std::byte>(0xff << (8 - rest));
  return (own[whole] & mask) == (other[whole] & mask);
}

std::span<const std::byte> ip_address::bytes() const noexcept {
  auto all = std::span<const std::byte>{bytes_};
  return is_v4() ? all.subspan(v4_offset) : all;
}

std::string to_string(const ip_address& ip) {
  auto octets = ip.bytes();
  if (ip.is_v6())
    return print_v6(octets);
  auto number
      = [octets](size_t i) { return std::to_integer<unsigned>(octets[i]); };
  return fmt::format("{}.{}.{}.{}", number(0), number(1), number(2), number(3));
}

} // namespace troupe
