// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/transports.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/operator/metrics.hpp"
#include "troupe/transport/memory/memory_transport_actor.hpp"
#include "troupe/transport/tcp/mconn_transport_broker.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

std::shared_ptr<mconn_options>
make_mconn_options(caf::actor_system& sys, const node_options& options,
                   const parsed_addresses& addresses) {
  return std::make_shared<mconn_options>(
      mconn_options{.key = options.key,
                    .random = options.random,
                    .stream = options.stream,
                    .budget = inbound_budget::make(options.stream.receive),
                    .max_accepted = accepted_max(options),
                    .limits = options.inbound,
                    .lists = ip_filter{addresses.allow_ips, addresses.deny_ips},
                    .on_refused = [counters = metrics{sys}](errc code) mutable {
                      counters.refused(direction::inbound, to_string(code));
                    }});
}

failure check_transports(caf::actor_system& sys, const node_options& options,
                         const parsed_addresses& addresses) {
  if (options.transports || sys.has_middleman())
    return {};
  auto needs_tcp = [](const auto& where) {
    return where.protocol == mconn_protocol || where.protocol == tcp_protocol;
  };
  if (addresses.listen && needs_tcp(*addresses.listen))
    return no_transport("listen", addresses.listen->protocol);
  if (std::ranges::any_of(addresses.persistent_peers, needs_tcp))
    return no_transport("persistent_peers", mconn_protocol);
  if (std::ranges::any_of(addresses.bootstrap_peers, needs_tcp))
    return no_transport("bootstrap_peers", mconn_protocol);
  return {};
}

failure no_transport(std::string_view option, std::string_view protocol) {
  if (protocol == mconn_protocol || protocol == tcp_protocol)
    return {errc::invalid_option,
            fmt::format("{}: '{}' needs CAF's I/O module, which the actor "
                        "system gets from load<caf::io::middleman>() in its "
                        "configuration",
                        option, protocol)};
  return {errc::invalid_option,
          fmt::format("{}: there is no transport for '{}'", option, protocol)};
}

std::map<std::string, transport_actor>
spawn_transports(caf::actor_system& sys, const node_options& options,
                 const parsed_addresses& addresses) {
  if (options.transports)
    return options.transports(sys);
  std::map<std::string, transport_actor> result;
  auto shared = make_mconn_options(sys, options, addresses);
  if (sys.has_middleman()) {
    auto tcp = spawn_mconn_transport(sys, shared);
    result.emplace(mconn_protocol, tcp);
    result.emplace(tcp_protocol, tcp);
  }
  if (options.memory)
    result.emplace(
        memory_protocol,
        spawn_memory_transport(sys, options.key.id(), options.memory,
                               {shared->stream.receive, shared->budget}));
  return result;
}

caf::result<void>
set_limits(router_actor::pointer self,
           const std::map<std::string, transport_actor>& transports,
           const inbound_limits& limits) {
  if (transports.empty())
    return caf::unit;
  auto promise = self->make_response_promise<void>();
  auto missing = std::make_shared<size_t>(transports.size());
  for (const auto& [protocol, transport] : transports)
    self->request(transport, caf::infinite, limits_atom_v, limits)
        .then(
            [promise, missing]() mutable {
              if (--*missing == 0)
                promise.deliver();
            },
            [promise](const caf::error& reason) mutable {
              // It ended, and the node with it.
              promise.deliver(reason);
            });
  return promise;
}

std::vector<endpoint> listen_endpoints(const node_options& options,
                                       const parsed_addresses& addresses) {
  std::vector<endpoint> result;
  if (addresses.listen)
    result.push_back(*addresses.listen);
  if (options.memory)
    result.push_back(
        {.protocol = memory_protocol, .path = to_string(options.key.id())});
  return result;
}

std::optional<endpoint> first_public(const std::vector<endpoint>& listening) {
  auto i = std::find_if(listening.begin(), listening.end(),
                        [](const endpoint& x) { return x.ip.has_value(); });
  if (i == listening.end())
    return std::nullopt;
  return *i;
}

} // namespace troupe
