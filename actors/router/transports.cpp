// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/transports.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/router/quic_row.hpp"
#include "troupe/messages/ip_scope.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/transport/mconn/handshake_check.hpp"
#include "troupe/transport/memory/memory_transport_actor.hpp"
#include "troupe/transport/quic/udp_socket.hpp"
#include "troupe/transport/tcp/mconn_transport_broker.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

/// The transports of a node, a row each. The first that speaks a protocol has
/// it, so that added ones may take the place of ours.
std::vector<added_transport> transports_of(caf::actor_system& sys,
                                           const node_options& options) {
  using node_part = added_transport::node_part;
  auto all = options.transports;
  if (sys.has_middleman())
    all.push_back(
        {.protocols = {std::string{mconn_protocol}, std::string{tcp_protocol}},
         .make = [](caf::actor_system& on, const node_part& shared) {
           return spawn_mconn_transport(on, shared);
         }});
  if (sys.has_middleman())
    if (auto quic = quic_row(options))
      all.push_back(*std::move(quic));
  if (options.memory)
    all.push_back({.protocols = {memory_protocol},
                   .make =
                       [network = options.memory](caf::actor_system& on,
                                                  const node_part& shared) {
                         return spawn_memory_transport(
                             on, shared->key.id(), network,
                             {shared->stream.receive, shared->budget});
                       },
                   .listen = endpoint{.protocol = memory_protocol,
                                      .path = to_string(options.key.id())}});
  return all;
}

/// Says that an option wants a protocol that nobody speaks here.
failure no_transport(std::string_view option, std::string_view protocol) {
  if (protocol == mconn_protocol || protocol == tcp_protocol)
    return {errc::invalid_option,
            fmt::format("{}: '{}' needs CAF's I/O module, which the actor "
                        "system gets from load<caf::io::middleman>() in its "
                        "configuration",
                        option, protocol)};
  if (protocol == quic_protocol)
    return {errc::invalid_option,
            fmt::format("{}: 'quic' needs CAF's I/O module, as 'mconn' does, "
                        "and ngtcp2 when Troupe is built",
                        option)};
  if (protocol == memory_protocol)
    return {errc::invalid_option,
            fmt::format("{}: 'memory' needs a memory_network, see the option "
                        "memory",
                        option)};
  return {errc::invalid_option, fmt::format("{}: there is no transport for {}",
                                            option, troupe::quoted(protocol))};
}

bool runs_over(const endpoint& x, ip_carrier what) {
  return x.ip
         && (what == ip_carrier::tcp ? is_tcp_protocol(x.protocol)
                                     : x.protocol == quic_protocol);
}

/// From how far away an address can be reached, the farther the more. All
/// addresses of this machine are more than one that few can reach.
int reach_of(const ip_address& ip) {
  switch (scope_of(ip)) {
    case ip_scope::global:
      return 3;
    case ip_scope::unspecified:
      return 2;
    case ip_scope::site:
    case ip_scope::link:
      return 1;
    default:
      return 0;
  }
}

} // namespace

std::shared_ptr<mconn_options>
make_mconn_options(const node_options& options,
                   const parsed_addresses& addresses, const metrics& counters) {
  return std::make_shared<mconn_options>(
      mconn_options{.key = options.key,
                    .random = options.random,
                    .stream = options.stream,
                    .budget = inbound_budget::make(options.stream.receive),
                    .rates = {shared_rate::make(options.stream.node_send_rate),
                              shared_rate::make(options.stream.node_recv_rate)},
                    .max_accepted = accepted_max(options),
                    .limits = options.inbound,
                    .lists = ip_filter{addresses.allow_ips, addresses.deny_ips},
                    .on_refused = [count = counters](errc code) mutable {
                      count.refused(direction::inbound, to_string(code));
                    }});
}

failure check_transports(caf::actor_system& sys, const node_options& options,
                         const parsed_addresses& addresses) {
  const auto all = transports_of(sys, options);
  failure bad;
  auto named = false;
  auto shakes_hands = false;
  auto look = [&](std::string_view option, const auto& where) {
    auto speaks = [&](const auto& x) { return x.speaks(where.protocol); };
    if (bad.code == errc::none && std::ranges::none_of(all, speaks))
      bad = no_transport(option, where.protocol);
    named = true;
    shakes_hands = shakes_hands
                   || (std::ranges::none_of(options.transports, speaks)
                       && (is_tcp_protocol(where.protocol)
                           || where.protocol == quic_protocol));
  };
  for (const auto& where : addresses.listen)
    look("listen", where);
  for (const auto& address : addresses.persistent_peers)
    look("persistent_peers", address);
  for (const auto& address : addresses.bootstrap_peers)
    look("bootstrap_peers", address);
  // Who names nobody may hear of peers at any address.
  if (bad.code == errc::none && (shakes_hands || !named) && sys.has_middleman())
    bad = check_handshake();
  return bad;
}

result<std::map<std::string, transport_actor>>
spawn_transports(caf::actor_system& sys, const node_options& options,
                 const parsed_addresses& addresses, const metrics& counters) {
  std::map<std::string, transport_actor> result;
  const auto shared = make_mconn_options(options, addresses, counters);
  for (const auto& what : transports_of(sys, options)) {
    auto is_taken = [&](const auto& name) { return result.contains(name); };
    if (std::ranges::all_of(what.protocols, is_taken))
      continue;
    auto made = what.make(sys, shared);
    if (!made) {
      for (const auto& [name, other] : result)
        caf::anon_send_exit(other, caf::exit_reason::kill);
      return failure{errc::invalid_option,
                     fmt::format("transports: nothing was made for {}",
                                 troupe::quoted(what.protocols.front()))};
    }
    for (const auto& name : what.protocols)
      result.emplace(name, made);
  }
  return result;
}

std::vector<endpoint> listen_endpoints(caf::actor_system& sys,
                                       const node_options& options,
                                       const parsed_addresses& addresses) {
  auto result = addresses.listen;
  std::set<std::string> taken;
  for (const auto& what : transports_of(sys, options)) {
    // One whose place another took is not made, either.
    auto is_new = false;
    for (const auto& name : what.protocols)
      is_new = taken.insert(name).second || is_new;
    if (is_new && what.listen)
      result.push_back(*what.listen);
  }
  return result;
}

std::optional<endpoint> endpoint_to_map(const std::vector<endpoint>& listening,
                                        ip_carrier over) {
  for (const auto& x : listening)
    if (runs_over(x, over) && x.ip->is_v4() && !x.ip->is_loopback())
      return x;
  return std::nullopt;
}

std::optional<endpoint> most_public_of(const std::vector<endpoint>& listening,
                                       ip_carrier over) {
  std::optional<endpoint> result;
  for (const auto& x : listening) {
    if (!runs_over(x, over))
      continue;
    if (!result || reach_of(*x.ip) > reach_of(*result->ip))
      result = x;
  }
  return result;
}

} // namespace troupe
