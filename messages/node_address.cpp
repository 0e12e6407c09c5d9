// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/node_address.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/host_name.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/url.hpp"
#include "troupe/messages/utf8.hpp"

namespace troupe {

namespace {

constexpr auto npos = std::string_view::npos;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string to_lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return text;
}

failure refuse(std::string reason) {
  return {errc::invalid_address, std::move(reason)};
}

/// What to say about an address that lacks its node ID.
constexpr auto no_id = "it has no node ID, expected "
                       "[PROTOCOL://]ID@HOST[:PORT] or PROTOCOL:ID";

/// Matches `NAME:DIGITS`, followed by a slash or the end: a host and a port
/// that a URL parser takes for scheme and path.
bool looks_like_host_and_port(std::string_view text) {
  auto colon = text.find_first_of("/:");
  if (colon == 0 || colon == npos || text[colon] != ':')
    return false;
  auto digits = text.substr(colon + 1);
  digits = digits.substr(0, digits.find('/'));
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), is_digit);
}

/// Parses `text` as a URL, and again behind the default protocol if it has
/// none.
result<url> parse_url(std::string_view text) {
  auto parsed = url::parse(text);
  if (parsed && !parsed->scheme.empty())
    return parsed;
  if (text.find("://") != npos && !looks_like_host_and_port(text))
    return parsed ? result<url>{refuse(no_id)} : parsed;
  return url::parse(
      fmt::format("{}://{}", node_address::default_protocol, text));
}

result<node_id> parse_id(std::string_view text) {
  if (text.empty())
    return refuse(no_id);
  auto id = node_id::parse(text);
  if (!id)
    return refuse(id.error().context);
  return id;
}

/// Parses what stands behind the protocol in `memory:ID`.
result<node_id> parse_opaque(std::string_view text) {
  // `localhost:26656` reads like this form. Say what is missing, not that
  // 26656 is no ID.
  if (std::all_of(text.begin(), text.end(), is_digit)
      && text.size() < 2 * node_id::size)
    return refuse(no_id);
  return parse_id(text);
}

result<uint16_t> parse_port(std::string_view digits) {
  constexpr unsigned port_max = 65535;
  unsigned value = 0;
  for (auto digit : digits) {
    value = value * 10 + static_cast<unsigned>(digit - '0');
    if (value > port_max)
      return refuse(
          fmt::format("port {} is above 65535", troupe::quoted(digits)));
  }
  return static_cast<uint16_t>(value);
}

/// Returns all that stands behind host and port. It starts with a slash, as it
/// does when it is printed.
std::string join_path(const url& from) {
  auto path = from.path;
  if (!from.query.empty())
    path += '?' + from.query;
  if (!from.fragment.empty())
    path += '#' + from.fragment;
  if (!path.empty() && path[0] != '/')
    path.insert(0, 1, '/');
  return path;
}

result<node_address> from_opaque(url&& from) {
  auto id = parse_opaque(from.opaque);
  if (!id)
    return id.error();
  return node_address{.protocol = std::move(from.scheme), .id = *id};
}

/// Returns the host in the one form that it has here: an IP address as we
/// print it, a name in lower case.
result<std::string> parse_host(const url& from) {
  if (from.host.empty())
    return std::string{};
  auto ip = ip_address::parse(from.host);
  const auto is_v6_text = from.host.find(':') != npos;
  if (is_v6_text && !from.bracketed)
    return refuse(
        fmt::format("host {} has a colon: an IPv6 address needs brackets",
                    troupe::quoted(from.host)));
  if (from.bracketed && !is_v6_text)
    return refuse(fmt::format("host {} in brackets is not an IPv6 address",
                              troupe::quoted(from.host)));
  if (auto bad = validate_host(from.host); bad.code != errc::none)
    return bad;
  return ip ? to_string(*ip) : to_lower(from.host);
}

result<node_address> from_url(url&& from) {
  if (!from.opaque.empty())
    return from_opaque(std::move(from));
  auto id = parse_id(to_lower(from.user.value_or("")));
  if (!id)
    return id.error();
  auto host = parse_host(from);
  if (!host)
    return host.error();
  auto port = parse_port(from.port);
  if (!port)
    return port.error();
  return node_address{.protocol = std::move(from.scheme),
                      .id = *id,
                      .hostname = *std::move(host),
                      .port = *port,
                      .path = join_path(from)};
}

/// Checks what no text can break, but a hand-made value or an escape can.
failure check(const node_address& x) {
  if (x.protocol.empty())
    return refuse("it has no protocol");
  if (!x.id)
    return refuse(no_id);
  if (x.port != 0 && x.hostname.empty())
    return refuse(fmt::format("port {} has no host name", x.port));
  for (const auto* text : {&x.protocol, &x.path})
    if (!is_utf8(*text))
      return refuse(fmt::format("{} is not UTF-8", troupe::quoted(*text)));
  return x.hostname.empty() ? failure{} : validate_host(x.hostname);
}

/// Adds which address it is.
failure about(std::string_view text, const failure& reason) {
  return {
      errc::invalid_address,
      fmt::format("address {}: {}", troupe::quoted(text, 128), reason.context)};
}

bool is_id_path(const node_address& x) {
  return x.path.empty() || x.path == to_string(x.id);
}

/// Prints the part between `//` and the path.
std::string print_authority(const node_address& x) {
  std::string result;
  if (x.id)
    result += to_string(x.id) + '@';
  if (x.hostname.empty())
    return result;
  auto bracketed = x.hostname.find(':') != npos;
  auto host = bracketed ? '[' + x.hostname + ']' : x.hostname;
  result += escape(host, url_part::host);
  if (x.port != 0)
    result += fmt::format(":{}", x.port);
  return result;
}

size_t combine(std::initializer_list<size_t> hashes) {
  size_t result = 0;
  for (auto hash : hashes)
    result = result * 0x9e3779b97f4a7c15U + hash;
  return result;
}

} // namespace

result<node_address> node_address::parse(std::string_view text) {
  if (text.size() > max_text_size)
    return about(text, refuse(fmt::format("it has {} bytes, expected at most "
                                          "{}",
                                          text.size(), max_text_size)));
  auto parsed = parse_url(text);
  if (!parsed)
    return about(text, parsed.error());
  auto address = from_url(*std::move(parsed));
  if (!address)
    return about(text, address.error());
  if (auto bad = check(*address); bad.code != errc::none)
    return about(text, bad);
  return address;
}

failure validate(const node_address& x) {
  auto bad = check(x);
  return bad.code == errc::none ? bad : about(to_string(x), bad);
}

std::string to_string(const node_address& x) {
  if (x.hostname.empty() && !x.protocol.empty() && is_id_path(x))
    return x.protocol + ':' + to_string(x.id);
  auto path = escape(x.path, url_part::path);
  if (!path.empty() && path[0] != '/')
    path.insert(0, 1, '/');
  auto scheme = x.protocol.empty() ? std::string{} : x.protocol + "://";
  return scheme + print_authority(x) + path;
}

node_address to_address(const endpoint& where, const node_id& id) {
  return {.protocol = where.protocol,
          .id = id,
          .hostname = where.ip ? to_string(*where.ip) : std::string{},
          .port = where.ip ? where.port : uint16_t{0},
          .path = where.path};
}

bool needs_lookup(const node_address& x) {
  return !x.hostname.empty() && !ip_address::parse(x.hostname);
}

result<endpoint> to_endpoint(const node_address& x) {
  auto all = to_endpoints(x, {});
  if (!all)
    return all.error();
  return all->front();
}

result<std::vector<endpoint>> to_endpoints(const node_address& x,
                                           std::span<const ip_address> found) {
  if (x.protocol.empty())
    return about(to_string(x), refuse("it has no protocol"));
  if (x.hostname.empty()) {
    if (!x.id)
      return about(to_string(x), refuse(no_id));
    return std::vector{
        endpoint{.protocol = x.protocol, .path = to_string(x.id)}};
  }
  if (auto bad = validate_host(x.hostname); bad.code != errc::none)
    return about(to_string(x), bad);
  auto literal = ip_address::parse(x.hostname);
  if (literal)
    found = {&*literal, 1};
  if (found.empty())
    return failure{errc::unknown_host, fmt::format("host {} has no address",
                                                   troupe::quoted(x.hostname))};
  std::vector<endpoint> result;
  result.reserve(found.size());
  for (const auto& ip : found)
    result.push_back({x.protocol, ip, x.port, x.path});
  return result;
}

} // namespace troupe

size_t std::hash<troupe::node_address>::operator()(
    const troupe::node_address& x) const noexcept {
  std::hash<std::string> text;
  return troupe::combine({text(x.protocol), std::hash<troupe::node_id>{}(x.id),
                          text(x.hostname), x.port, text(x.path)});
}
