// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/node_options.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "troupe/actors/node/option_checks.hpp"
#include "troupe/actors/node/option_table.hpp"
#include "troupe/actors/router/dialer_actor.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/peerstore/rules/peer_manager_options.hpp"
#include "troupe/peerstore/rules/slots.hpp"
#include "troupe/transport/quic/udp_socket.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

failure name_option(std::string_view option, const failure& what) {
  return {what.code, fmt::format("{}: {}", option, to_string(what))};
}

/// Parses a list; an error names the option.
template <class T, class Parse>
failure parse_all(std::string_view option,
                  const std::vector<std::string>& texts, Parse parse,
                  std::vector<T>& out) {
  for (const auto& text : texts) {
    auto parsed = parse(text);
    if (!parsed)
      return name_option(option, parsed.error());
    out.push_back(std::move(*parsed));
  }
  return {};
}

/// Parses where to listen. What a transport of somebody else's makes of it,
/// only that can tell.
result<endpoint> parse_listen(std::string_view text,
                              const node_options& options) {
  auto parsed = parse_endpoint(text);
  if (!parsed)
    return parsed;
  auto speaks = [&](const auto& x) { return x.speaks(parsed->protocol); };
  if (!is_built_in(parsed->protocol)
      && std::ranges::any_of(options.transports, speaks))
    return parsed;
  auto bad = parsed->protocol == quic_protocol ? validate_quic_listen(*parsed)
                                               : validate_tcp_listen(*parsed);
  if (bad.code != errc::none)
    return bad;
  return parsed;
}

/// What no operator chooses, and has no row.
failure check_rest(const node_options& options) {
  if (options.filter_timeout <= duration::zero())
    return {errc::invalid_option, "filter_timeout: is not above zero"};
  if (options.channels_expected > max_node_info_channels)
    return {errc::invalid_option,
            fmt::format("channels_expected: is {}, expected at most {}",
                        options.channels_expected, max_node_info_channels)};
  return {};
}

failure check_inbound(const node_options& options) {
  if (auto bad = validate(options.inbound); bad.code != errc::none)
    return bad;
  if (auto bad = validate(options.handshakes); bad.code != errc::none)
    return bad;
  // Otherwise silent connections could fill the kernel's backlog behind them.
  const auto accepted = accepted_max(options);
  if (accepted <= options.handshakes.max)
    return {errc::invalid_option,
            fmt::format("max_accepted: is {}, expected more than "
                        "max_handshakes, {}",
                        accepted, options.handshakes.max)};
  if (options.inbound.tracked_max <= accepted)
    return {errc::invalid_option,
            fmt::format("tracked_max: is {}, expected more than max_accepted, "
                        "{}",
                        options.inbound.tracked_max, accepted)};
  return {};
}

failure check_dial(const node_options& options) {
  using seconds = std::chrono::duration<double>;
  const auto longest = longest_dial(options);
  if (options.dial_deadline && *options.dial_deadline <= longest)
    return {errc::invalid_option,
            fmt::format("dial_deadline: is {}, expected more than {}, the time "
                        "for lookup, dials, handshake and filters together",
                        seconds{*options.dial_deadline}, seconds{longest})};
  return {};
}

failure check_stream(const mconn_stream_options& options) {
  if (auto bad = validate(options.receive); bad.code != errc::none)
    return bad;
  return validate(options.keepalive);
}

failure check_info(const node_options& options) {
  auto bad = validate(make_node_info(options, std::nullopt, {}));
  if (bad.code != errc::none)
    return {errc::invalid_option, to_string(bad)};
  return {};
}

/// Returns how many connections there may be.
connection_limits connections_of(const node_options& options) {
  return {.max_connected = options.max_connected,
          .max_connected_upgrade = options.max_connected_upgrade,
          .max_outgoing = options.max_outgoing,
          .max_incoming = options.max_incoming,
          .max_visitors = options.max_visitors};
}

} // namespace

result<parsed_addresses> parse_addresses(const node_options& options) {
  parsed_addresses result;
  failure bad;
  auto parse = [&bad](std::string_view option, const auto& texts, auto parser,
                      auto& out) {
    if (bad.code == errc::none)
      bad = parse_all(option, texts, parser, out);
  };
  parse(
      "listen", options.listen,
      [&options](std::string_view text) { return parse_listen(text, options); },
      result.listen);
  parse("persistent_peers", options.persistent_peers, parse_peer,
        result.persistent_peers);
  parse("bootstrap_peers", options.bootstrap_peers, parse_peer,
        result.bootstrap_peers);
  parse("preferred_peers", options.preferred_peers, parse_peer_or_id,
        result.preferred_peers);
  parse("allow_ips", options.allow_ips, ip_network::parse, result.allow_ips);
  parse("deny_ips", options.deny_ips, ip_network::parse, result.deny_ips);
  parse("unconditional_peers", options.unconditional_peers,
        node_id::parse_any_case, result.unconditional_peers);
  parse("private_peers", options.private_peers, node_id::parse_any_case,
        result.private_peers);
  parse("blocked_peers", options.blocked_peers, node_id::parse_any_case,
        result.blocked_peers);
  if (bad.code != errc::none)
    return bad;
  return result;
}

std::vector<std::string_view>
options_that_name(const node_id& own, const parsed_addresses& addresses) {
  std::vector<std::string_view> result;
  auto look = [&](std::string_view option, const auto& list, auto id_of) {
    if (std::any_of(list.begin(), list.end(),
                    [&](const auto& entry) { return id_of(entry) == own; }))
      result.push_back(option);
  };
  auto id_of_address = [](const node_address& x) { return x.id; };
  look("persistent_peers", addresses.persistent_peers, id_of_address);
  look("bootstrap_peers", addresses.bootstrap_peers, id_of_address);
  look("preferred_peers", addresses.preferred_peers, id_of_address);
  look("unconditional_peers", addresses.unconditional_peers, std::identity{});
  look("private_peers", addresses.private_peers, std::identity{});
  look("blocked_peers", addresses.blocked_peers, std::identity{});
  return result;
}

failure validate(const node_options& options) {
  if (auto bad = validate(options.transports); bad.code != errc::none)
    return bad;
  if (auto bad = check_rows(option_table(), options); bad.code != errc::none)
    return bad;
  auto addresses = parse_addresses(options);
  if (!addresses)
    return addresses.error();
  if (auto bad = validate(peer_options(options, *addresses), options.key.id());
      bad.code != errc::none)
    return bad;
  if (auto bad = check_rest(options); bad.code != errc::none)
    return bad;
  if (auto bad = check_inbound(options); bad.code != errc::none)
    return bad;
  if (auto bad = check_dial(options); bad.code != errc::none)
    return bad;
  if (auto bad = check_stream(options.stream); bad.code != errc::none)
    return bad;
  return check_info(options);
}

failure change(node_options& options, const inbound_limits& limits) {
  auto before = std::exchange(options.inbound, limits);
  auto bad = check_inbound(options);
  if (bad.code != errc::none)
    options.inbound = std::move(before);
  return bad;
}

failure change(node_options& options, const connection_limits& limits) {
  auto assign = [&options](const connection_limits& x) {
    options.max_connected = x.max_connected;
    options.max_connected_upgrade = x.max_connected_upgrade;
    options.max_outgoing = x.max_outgoing;
    options.max_incoming = x.max_incoming;
    options.max_visitors = x.max_visitors;
  };
  const auto before = connections_of(options);
  assign(limits);
  auto bad = check_inbound(options);
  if (bad.code != errc::none)
    assign(before);
  return bad;
}

size_t accepted_max(const node_options& options) {
  if (options.max_accepted)
    return *options.max_accepted;
  const slots counts{{.max_connected = options.max_connected}};
  return counts.accepted(options.handshakes.max)
      .value_or(options.inbound.tracked_max / 2);
}

namespace {

/// Adds up times. Whoever waits for years waits for ever; without overflow.
class total_time {
public:
  void add(duration step) {
    constexpr duration most = std::chrono::hours{24 * 365};
    sum_ = std::min(sum_ + std::clamp(step, duration::zero(), most), most);
  }

  [[nodiscard]] duration get() const {
    return sum_;
  }

private:
  duration sum_ = duration::zero();
};

/// The longest time that a filter takes.
duration filter_time(const node_options& options) {
  return has_filter(options) ? options.filter_timeout : duration::zero();
}

} // namespace

duration longest_dial(const node_options& options) {
  total_time total;
  total.add(options.resolve_timeout);
  for (size_t i = 0; i < dialer_endpoints_max; ++i) {
    total.add(filter_time(options));
    total.add(options.dial_timeout);
  }
  total.add(options.handshake_timeout);
  total.add(filter_time(options));
  return total.get();
}

duration longest_accept(const node_options& options) {
  total_time total;
  total.add(filter_time(options));
  total.add(options.handshake_timeout);
  total.add(filter_time(options));
  return total.get();
}

namespace {

/// Where others reach us, if the configuration says so.
std::optional<node_address> external_address_of(const node_options& options) {
  auto parsed = node_address::parse(
      fmt::format("{}@{}", options.key.id(), options.external_address));
  return parsed && parsed->port != 0 ? std::optional{*parsed} : std::nullopt;
}

} // namespace

peer_manager_options peer_options(const node_options& options,
                                  const parsed_addresses& addresses) {
  return {.persistent_peers = addresses.persistent_peers,
          .preferred_peers = addresses.preferred_peers,
          .unconditional_peers = addresses.unconditional_peers,
          .private_peers = addresses.private_peers,
          .blocked_peers = addresses.blocked_peers,
          .self_address = external_address_of(options),
          .address_book_strict = options.address_book_strict,
          .max_connected = options.max_connected,
          .max_connected_upgrade = options.max_connected_upgrade,
          .max_outgoing = options.max_outgoing,
          .max_incoming = options.max_incoming,
          .max_visitors = options.max_visitors,
          .max_peers = options.max_peers,
          .retry = options.retry,
          .disconnect_cooldown = options.disconnect_cooldown,
          .dial_deadline = options.dial_deadline.value_or(
              std::max(peer_manager_options{}.dial_deadline,
                       longest_dial(options) + std::chrono::seconds{30})),
          .probe_time = options.probe_time};
}

bool has_filter(const node_options& options) {
  return options.ip_filter || options.id_filter || !options.allow_ips.empty()
         || !options.deny_ips.empty();
}

peer_filter_options filter_options(const node_options& options,
                                   const parsed_addresses& addresses) {
  return {.lists = ip_filter{addresses.allow_ips, addresses.deny_ips},
          .by_ip = options.ip_filter,
          .by_id = options.id_filter,
          .timeout = options.filter_timeout};
}

node_info make_node_info(const node_options& options,
                         const std::optional<endpoint>& where,
                         std::vector<channel_id> channels) {
  node_info result;
  result.versions = options.versions;
  result.node_id = to_string(options.key.id());
  if (!options.external_address.empty())
    result.listen_addr = options.external_address;
  else if (where)
    result.listen_addr = to_string(endpoint{where->protocol == quic_protocol
                                                ? where->protocol
                                                : std::string{tcp_protocol},
                                            where->ip,
                                            where->port,
                                            {}});
  else
    result.listen_addr = "tcp://0.0.0.0:0"; // Other nodes insist on an address.
  result.network = options.network;
  result.version = options.version;
  result.channels = std::move(channels);
  result.moniker = options.moniker;
  return result;
}

} // namespace troupe
