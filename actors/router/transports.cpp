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
#include "troupe/messages/quoted.hpp"
#include "troupe/transport/memory/memory_transport_actor.hpp"
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
  if (protocol == memory_protocol)
    return {errc::invalid_option,
            fmt::format("{}: 'memory' needs a memory_network, see the option "
                        "memory",
                        option)};
  return {errc::invalid_option, fmt::format("{}: there is no transport for {}",
                                            option, quoted(protocol))};
}

} // namespace

std::shared_ptr<mconn_options>
make_mconn_options(caf::actor_system& sys, const node_options& options,
                   const parsed_addresses& addresses) {
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
                    .on_refused = [counters = metrics{sys}](errc code) mutable {
                      counters.refused(direction::inbound, to_string(code));
                    }});
}

failure check_transports(caf::actor_system& sys, const node_options& options,
                         const parsed_addresses& addresses) {
  const auto all = transports_of(sys, options);
  failure bad;
  auto look = [&](std::string_view option, const auto& where) {
    auto speaks = [&](const auto& x) { return x.speaks(where.protocol); };
    if (bad.code == errc::none && std::ranges::none_of(all, speaks))
      bad = no_transport(option, where.protocol);
  };
  if (addresses.listen)
    look("listen", *addresses.listen);
  for (const auto& address : addresses.persistent_peers)
    look("persistent_peers", address);
  for (const auto& address : addresses.bootstrap_peers)
    look("bootstrap_peers", address);
  return bad;
}

result<std::map<std::string, transport_actor>>
spawn_transports(caf::actor_system& sys, const node_options& options,
                 const parsed_addresses& addresses) {
  std::map<std::string, transport_actor> result;
  const auto shared = make_mconn_options(sys, options, addresses);
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
  std::vector<endpoint> result;
  if (addresses.listen)
    result.push_back(*addresses.listen);
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

std::optional<endpoint> first_public(const std::vector<endpoint>& listening) {
  auto i = std::ranges::find_if(listening, [](const endpoint& x) {
    return x.ip && (x.protocol == mconn_protocol || x.protocol == tcp_protocol);
  });
  if (i == listening.end())
    return std::nullopt;
  return *i;
}

} // namespace troupe
