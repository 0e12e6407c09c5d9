// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// All IP addresses that begin with the same bits: `10.0.0.0/8`. A single
/// address is a network, too, `10.1.2.3/32`.
class ip_network {
public:
  /// Constructs `::/128`.
  constexpr ip_network() = default;

  /// The network that `ip` belongs to.
  /// @param bits counts from the start of the address's own family; what goes
  ///        beyond its length means all of it.
  static ip_network of(const ip_address& ip, unsigned bits);

  /// The network of this address alone.
  static ip_network of(const ip_address& ip) {
    return of(ip, 128);
  }

  /// Parses `ADDRESS/BITS`, or an address that stands for itself. Bits behind
  /// the prefix have to be 0: `10.0.0.1/8` may be meant in two ways.
  /// @returns `invalid_option`; the context says what was expected.
  static result<ip_network> parse(std::string_view text);

  [[nodiscard]] const ip_address& first() const noexcept {
    return first_;
  }

  [[nodiscard]] unsigned bits() const noexcept {
    return bits_;
  }

  [[nodiscard]] bool contains(const ip_address& ip) const {
    return ip.in(first_, bits_);
  }

  friend auto operator<=>(const ip_network&, const ip_network&) = default;

private:
  ip_network(const ip_address& first, unsigned bits)
    : first_(first),
      bits_(bits) {}

  ip_address first_;
  unsigned bits_ = 128;
};

/// Returns the text that `ip_network::parse` reads, always with the bits.
std::string to_string(const ip_network& network);

template <class Inspector>
bool inspect(Inspector& f, ip_network& x) {
  auto get = [&x] { return to_string(x); };
  auto set = [&x](const std::string& text) {
    auto parsed = ip_network::parse(text);
    if (parsed)
      x = *parsed;
    return static_cast<bool>(parsed);
  };
  return f.apply(get, set);
}

} // namespace troupe
