// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/legacy_address.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

constexpr auto npos = std::string_view::npos;

failure refuse(std::string_view text, std::string_view reason) {
  return {errc::invalid_address,
          fmt::format("address {}: {}", troupe::quoted(text, 128), reason)};
}

/// Keeps what stands between the first `://` and the second.
std::string_view strip_protocol(std::string_view text) {
  constexpr std::string_view separator = "://";
  auto first = text.find(separator);
  if (first == npos)
    return text;
  text.remove_prefix(first + separator.size());
  return text.substr(0, text.find(separator));
}

result<uint16_t> parse_port(std::string_view text) {
  constexpr unsigned port_max = 65535;
  auto refuse_port = [text] {
    return failure{errc::invalid_address,
                   fmt::format("port {} is not a number from 0 to 65535",
                               troupe::quoted(text))};
  };
  unsigned value = 0;
  for (auto c : text) {
    if (c < '0' || c > '9')
      return refuse_port();
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > port_max)
      return refuse_port();
  }
  if (text.empty())
    return refuse_port();
  return static_cast<uint16_t>(value);
}

/// Splits `HOST:PORT` and `[HOST]:PORT`.
std::optional<std::pair<std::string_view, std::string_view>>
split_host_port(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  auto port = text.substr(colon + 1);
  auto bracketed
      = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != npos)
    return std::nullopt;
  if (host.find_first_of("[]") != npos)
    return std::nullopt;
  return std::pair{host, port};
}

/// Any name that can be in DNS passes. It may end up in a log, so nothing that
/// a terminal takes for a command does.
bool is_host(std::string_view text) {
  constexpr size_t hostname_size_max = 253;
  auto is_visible = [](char c) { return c > 0x20 && c < 0x7f; };
  return !text.empty() && text.size() <= hostname_size_max
         && std::all_of(text.begin(), text.end(), is_visible);
}

ip_address v6(std::array<uint8_t, 16> octets) {
  return ip_address::v6(std::as_bytes(std::span{octets}));
}

struct network {
  ip_address first;
  unsigned bits;
};

bool is_private(const ip_address& ip) {
  const network networks[] = {
      {ip_address::v4(10, 0, 0, 0), 8},     // RFC 1918
      {ip_address::v4(172, 16, 0, 0), 12},  // RFC 1918
      {ip_address::v4(192, 168, 0, 0), 16}, // RFC 1918
      {ip_address::v4(169, 254, 0, 0), 16}, // RFC 3927, link-local
      {v6({0xfe, 0x80}), 64},               // RFC 4862, link-local
      {v6({0xfc}), 7},                      // RFC 4193, unique local
      {v6({0x20, 0x01, 0x00, 0x10}), 28},   // RFC 4843, ORCHID
  };
  return std::any_of(
      std::begin(networks), std::end(networks),
      [&ip](const network& x) { return ip.in(x.first, x.bits); });
}

} // namespace

result<legacy_address> legacy_address::parse(std::string_view text) {
  auto rest = strip_protocol(text);
  auto at = rest.find('@');
  if (at == npos)
    return refuse(text, "it has no node ID, expected ID@HOST:PORT");
  auto id = node_id::parse_any_case(rest.substr(0, at));
  if (!id)
    return refuse(text, id.error().context);
  rest.remove_prefix(at + 1);
  if (rest.find('@') != npos)
    return refuse(text, "it has more than one '@'");
  auto parts = split_host_port(rest);
  if (!parts)
    return refuse(text,
                  fmt::format("{} is not HOST:PORT", troupe::quoted(rest)));
  auto [host, digits] = *parts;
  if (!is_host(host))
    return refuse(text, fmt::format("{} is not a host", troupe::quoted(host)));
  auto port = parse_port(digits);
  if (!port)
    return refuse(text, port.error().context);
  return legacy_address{*id, std::string{host}, *port};
}

std::optional<ip_address> legacy_address::ip() const {
  return ip_address::parse(host);
}

bool legacy_address::is_valid() const {
  auto where = ip();
  auto documentation = v6({0x20, 0x01, 0x0d, 0xb8}); // RFC 3849
  return id && where && !where->is_unspecified() && !where->is_broadcast()
         && !where->in(documentation, 32);
}

bool legacy_address::is_local() const {
  auto where = ip();
  return where
         && (where->is_loopback() || where->in(ip_address::v4(0, 0, 0, 0), 8));
}

bool legacy_address::is_routable() const {
  return is_valid() && !is_local() && !is_private(*ip());
}

std::string to_string(const legacy_address& x) {
  auto prefix = x.id ? to_string(x.id) + '@' : std::string{};
  auto ip = x.ip();
  auto host = ip ? to_string(*ip) : x.host;
  auto form = host.find(':') == npos ? "{}{}:{}" : "{}[{}]:{}";
  return fmt::format(fmt::runtime(form), prefix, host, x.port);
}

} // namespace troupe
