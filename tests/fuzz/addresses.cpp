// SPDX-License-Identifier: Apache-2.0

// Addresses, endpoints, networks, IDs: what parses is valid, and what prints
// parses back.
#include "fuzz.hpp"
#include "troupe/messages/host_name.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/legacy_address.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/url.hpp"

namespace troupe::fuzz {

namespace {

void is_printable(std::string_view text) {
  require(
      std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }),
      "what is said about an address can be printed");
}

void look_at_address(std::string_view text) {
  auto parsed = node_address::parse(text);
  if (!parsed) {
    is_printable(parsed.error().context);
    return;
  }
  require(validate(*parsed).code == errc::none, "what parses is valid");
  auto again = node_address::parse(to_string(*parsed));
  require(again.has_value() && *again == *parsed, "what prints parses back");
  is_printable(to_string(*parsed));
  (void)to_endpoint(*parsed);
}

void look_at_legacy(std::string_view text) {
  auto parsed = legacy_address::parse(text);
  if (!parsed) {
    is_printable(parsed.error().context);
    return;
  }
  auto again = legacy_address::parse(to_string(*parsed));
  require(again.has_value(), "a legacy address prints as one");
  (void)parsed->is_routable();
}

void look_at_the_rest(std::string_view text) {
  if (auto ip = ip_address::parse(text))
    require(ip_address::parse(to_string(*ip)) == ip, "an IP parses back");
  if (auto network = ip_network::parse(text)) {
    auto again = ip_network::parse(to_string(*network));
    require(again.has_value() && *again == *network, "a network parses back");
  }
  if (auto where = parse_endpoint(text)) {
    auto again = parse_endpoint(to_string(*where));
    require(where->port == 0 || (again.has_value() && *again == *where),
            "an endpoint parses back");
  }
  if (auto id = node_id::parse_any_case(text)) {
    auto again = node_id::parse(to_string(*id));
    require(again.has_value() && *again == *id, "an ID parses back");
  }
  is_printable(troupe::quoted(text));
  if (auto bad = validate_host(text); bad.code != errc::none)
    is_printable(bad.context);
  (void)url::parse(text);
}

} // namespace

void run(byte_view input) {
  constexpr auto id = "00112233445566778899aabbccddeeff00112233@";
  const auto text = text_of(input);
  look_at_address(text);
  look_at_address(id + text);
  look_at_address(std::string{"mconn://"} + id + text);
  look_at_legacy(text);
  look_at_legacy(id + text);
  look_at_the_rest(text);
}

} // namespace troupe::fuzz
