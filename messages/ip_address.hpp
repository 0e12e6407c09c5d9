// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe {

/// An IPv4 or IPv6 address without zone and port.
///
/// An IPv4-mapped IPv6 address (`::ffff:1.2.3.4`) and the IPv4 address in it
/// are the same value, since they reach the same host and must not count as
/// two when addresses are limited or filtered.
class ip_address {
public:
  /// Constructs the unspecified IPv6 address, `::`.
  constexpr ip_address() = default;

  /// Constructs an IPv4 address in network byte order.
  static ip_address v4(std::span<const std::byte, 4> octets);

  /// Constructs an IPv4 address from its parts, `v4(127, 0, 0, 1)`.
  static ip_address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);

  /// Constructs an IPv6 address in network byte order.
  static ip_address v6(std::span<const std::byte, 16> octets);

  /// Takes 4 bytes for IPv4, 16 for IPv6 and nothing else.
  static std::optional<ip_address>
  from_bytes(std::span<const std::byte> octets);

  /// Parses dotted-decimal IPv4 (four numbers without leading zeros) or the
  /// text forms of RFC 4291, section 2.2. Neither brackets nor zone.
  static std::optional<ip_address> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const noexcept;

  [[nodiscard]] bool is_v6() const noexcept {
    return !is_v4();
  }

  /// `0.0.0.0` or `::`.
  [[nodiscard]] bool is_unspecified() const noexcept;

  /// `127.0.0.0/8` or `::1`.
  [[nodiscard]] bool is_loopback() const noexcept;

  /// `224.0.0.0/4` or `ff00::/8`.
  [[nodiscard]] bool is_multicast() const noexcept;

  /// `255.255.255.255`.
  [[nodiscard]] bool is_broadcast() const noexcept;

  /// Tells whether the first `bits` bits equal those of `network`. Addresses
  /// of the other family are never inside.
  /// @param bits counts from the start of the address's own family: up to 32
  /// for IPv4 and 128 for IPv6.
  [[nodiscard]] bool in(const ip_address& network, unsigned bits) const;

  /// The 4 or 16 bytes in network byte order.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept;

  friend auto operator<=>(const ip_address&, const ip_address&) = default;

private:
  /// IPv4 lives in its mapped form.
  std::array<std::byte, 16> bytes_{};
};

/// Returns the text form of RFC 5952; an IPv4-mapped address prints as IPv4.
std::string to_string(const ip_address& ip);

/// Text for human-readable formats, 16 bytes for all others.
template <class Inspector>
bool inspect(Inspector& f, ip_address& x) {
  if (f.has_human_readable_format()) {
    auto get = [&x] { return to_string(x); };
    auto set = [&x](const std::string& text) {
      auto parsed = ip_address::parse(text);
      if (parsed)
        x = *parsed;
      return parsed.has_value();
    };
    return f.apply(get, set);
  }
  using octets = std::array<uint8_t, 16>;
  auto get = [&x] {
    octets raw{};
    if (x.is_v4())
      raw[10] = raw[11] = 0xff;
    auto own = x.bytes();
    std::memcpy(raw.data() + raw.size() - own.size(), own.data(), own.size());
    return raw;
  };
  auto set = [&x](const octets& raw) {
    x = ip_address::v6(std::as_bytes(std::span{raw}));
    return true;
  };
  return f.apply(get, set);
}

} // namespace troupe

template <>
struct std::hash<troupe::ip_address> {
  size_t operator()(const troupe::ip_address& ip) const noexcept {
    auto raw = ip.bytes();
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(raw.data()), raw.size()});
  }
};
