// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/option_checks.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/qos/qos_policy.hpp"
#include "troupe/messages/host_name.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/legacy_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/transport/mapping/mapping_protocol.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

failure refuse(std::string_view text, std::string_view expected) {
  return {errc::invalid_option,
          fmt::format("is {}, expected {}", troupe::quoted(text), expected)};
}

template <class T>
failure failure_of(const result<T>& parsed) {
  return parsed ? failure{} : parsed.error();
}

} // namespace

result<node_address> parse_peer(std::string_view text) {
  auto parsed = node_address::parse(text);
  if (parsed)
    if (auto bad = validate_tcp_dial(*parsed); bad.code != errc::none)
      return bad;
  return parsed;
}

result<node_address> parse_peer_or_id(std::string_view text) {
  if (auto id = node_id::parse_any_case(text))
    return node_address{.id = *id};
  return parse_peer(text);
}

failure check_peer(std::string_view text) {
  return failure_of(parse_peer(text));
}

failure check_peer_or_id(std::string_view text) {
  return failure_of(parse_peer_or_id(text));
}

failure check_id(std::string_view text) {
  return failure_of(node_id::parse_any_case(text));
}

failure check_ip_network(std::string_view text) {
  return failure_of(ip_network::parse(text));
}

failure check_listen(std::string_view text) {
  return failure_of(parse_endpoint(text));
}

failure check_network(std::string_view text) {
  if (text.empty())
    return {errc::invalid_option, "is empty, expected a name"};
  return {};
}

failure check_moniker(std::string_view text) {
  const auto is_printable
      = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  // The same rule as other nodes have.
  if (is_printable && text.find_first_not_of(' ') != std::string_view::npos)
    return {};
  return refuse(text, "printable ASCII");
}

failure check_external_address(std::string_view text) {
  if (text.empty())
    return {};
  // What peers are to dial has to be more than what they understand. Any ID
  // will do, but none.
  const auto parsed
      = legacy_address::parse(fmt::format("{:1>40}@{}", "", text));
  if (!parsed)
    return refuse(text, "HOST:PORT");
  return validate_host(parsed->host);
}

failure check_port_mapping(std::string_view text) {
  return failure_of(parse_mapping_protocols(text));
}

failure check_queue_type(std::string_view text) {
  if (find_qos_policy(text) != nullptr)
    return {};
  return refuse(text, qos_policy_names());
}

failure check_metrics_namespace(std::string_view text) {
  if (is_metrics_namespace(text))
    return {};
  return refuse(text, "letters, digits and '_', a letter first, and not 'caf'");
}

} // namespace troupe
