// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/parse_endpoint.hpp"

#include <charconv>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

constexpr std::string_view separator = "://";

failure fail(std::string_view text, std::string_view why) {
  return {errc::invalid_endpoint,
          fmt::format("{}: {}", troupe::quoted(text), why)};
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  auto last = text.data() + text.size();
  auto [end, code] = std::from_chars(text.data(), last, port);
  if (code != std::errc{} || end != last)
    return std::nullopt;
  return port;
}

} // namespace

result<endpoint> parse_endpoint(std::string_view text) {
  endpoint result;
  result.protocol = "mconn";
  auto rest = text;
  if (auto at = rest.find(separator); at != std::string_view::npos) {
    result.protocol = rest.substr(0, at);
    rest.remove_prefix(at + separator.size());
    if (result.protocol.empty())
      return fail(text, "the protocol is empty");
  }
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos)
    return fail(text, "a port is missing, expected IP:PORT");
  auto host = rest.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return fail(text, "an IPv6 address needs brackets");
  result.ip = ip_address::parse(host);
  if (!result.ip)
    return fail(text, fmt::format("host {} is not an IP address",
                                  troupe::quoted(host)));
  auto port = parse_port(rest.substr(colon + 1));
  if (!port)
    return fail(text, fmt::format("port {} is not a number up to 65535",
                                  troupe::quoted(rest.substr(colon + 1))));
  result.port = *port;
  return result;
}

} // namespace troupe
