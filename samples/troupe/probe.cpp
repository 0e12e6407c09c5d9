// SPDX-License-Identifier: Apache-2.0
//
// troupe probe
#include <chrono>
#include <iostream>
#include <utility>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/actors/router/quic_row.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/channel_list.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/event_line.hpp"
#include "troupe/samples/troupe/stop_signals.hpp"
#include "troupe/transport/quic/lp2p/lp2p_peer.hpp"
#include "troupe/transport/quic/udp_socket.hpp"
#include "troupe/transport/tcp/mconn_transport_broker.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

struct probe_config : command_config {
  probe_config()
    : command_config("probe ADDRESS [--timeout 5s] [--network NET] [--json]") {
    options()
        .add(timeout, "timeout",
             "time for everything, like 500ms; default: "
             "5s")
        .add(network, "network",
             "the network that we claim to belong to; the "
             "node tells its own in any case")
        .add(json, "json", "prints the answer as a JSON object");
  }

  caf::timespan timeout = 5s;
  std::string network = "troupe-probe";
  bool json = false;
};

/// What a node said, and how long each step took.
struct findings {
  handshake_result remote;
  duration lookup = {};
  duration connect = {};
  duration handshake = {};

  [[nodiscard]] duration total() const {
    return lookup + connect + handshake;
  }
};

/// Takes the steps that a node takes when it dials, one after the other, and
/// stops behind the handshake. Blocks its thread, which a command may.
class prober {
public:
  prober(caf::actor_system& sys, const probe_config& config,
         const node_address& to)
    : self_(sys),
      resolver_(spawn_resolver(sys)),
      options_{.key = node_key::generate(random_),
               .network = config.network,
               .moniker = "troupe-probe"},
      transport_(make_transport(sys, to)),
      began_(self_->clock().now()),
      deadline_(began_ + config.timeout) {}

  ~prober() {
    self_->send_exit(resolver_, caf::exit_reason::user_shutdown);
    self_->send_exit(transport_, caf::exit_reason::user_shutdown);
  }

  prober(const prober&) = delete;

  prober& operator=(const prober&) = delete;

  caf::expected<findings> run(const node_address& to) {
    findings result;
    auto endpoints = look_up(to);
    if (!endpoints)
      return std::move(endpoints.error());
    result.lookup = lap();
    auto connection = connect(*endpoints);
    if (!connection)
      return std::move(connection.error());
    result.connect = lap();
    // It ends with us, who asked for the handshake.
    auto remote = ask<handshake_result>(
        caf::actor_cast<connection_actor>(*connection), "the handshake",
        handshake_atom_v, make_node_info(options_, std::nullopt, {}), to.id,
        left());
    if (!remote)
      return std::move(remote.error());
    result.remote = std::move(*remote);
    result.handshake = lap();
    return result;
  }

private:
  std::shared_ptr<const mconn_options> transport_options() const {
    return std::make_shared<mconn_options>(
        mconn_options{.key = options_.key,
                      .random = std::make_shared<system_entropy>(),
                      .accepted = acceptance::any});
  }

  transport_actor make_transport(caf::actor_system& sys,
                                 const node_address& to) const {
    if (to.protocol == quic_protocol) {
      // Whom the user names may speak libp2p's protocol as well.
      auto options = options_;
      options.persistent_peers = {to_string(to)};
      if (auto row = quic_row(options))
        return row->make(sys, transport_options());
    }
    return spawn_mconn_transport(sys, transport_options());
  }

  /// Waits for the answer to a request, as long as there is time.
  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(const Handle& whom, std::string_view step,
                       const Ts&... what) {
    caf::expected<T> result{caf::error{}};
    self_->request(whom, left(), what...)
        .receive([&result](T& answer) { result = std::move(answer); },
                 [&result](caf::error& reason) { result = std::move(reason); });
    if (!result && result.error() == caf::sec::request_timeout)
      return caf::make_error(errc::timeout,
                             fmt::format("{} took too long", step));
    return result;
  }

  caf::expected<std::vector<endpoint>> look_up(const node_address& to) {
    std::vector<ip_address> found;
    if (needs_lookup(to)) {
      auto answer = ask<std::vector<ip_address>>(
          resolver_, "the name lookup", caf::resolve_atom_v, to.hostname);
      if (!answer)
        return std::move(answer.error());
      found = std::move(*answer);
    }
    auto result = to_endpoints(to, found);
    if (!result)
      return to_error(result.error());
    return std::move(*result);
  }

  /// Tries one endpoint after the other.
  caf::expected<caf::actor> connect(const std::vector<endpoint>& endpoints) {
    auto reason = caf::make_error(errc::unknown_host);
    for (const auto& where : endpoints) {
      auto answer = ask<caf::actor>(transport_, "connecting",
                                    caf::connect_atom_v, where, left());
      if (answer)
        return answer;
      reason = std::move(answer.error());
    }
    return reason;
  }

  caf::timespan left() const {
    return std::max<caf::timespan>(deadline_ - self_->clock().now(), 1ms);
  }

  /// Time since the last call.
  duration lap() {
    auto begin = std::exchange(began_, self_->clock().now());
    return began_ - begin;
  }

  system_entropy random_;
  caf::scoped_actor self_;
  resolver_actor resolver_;
  node_options options_;
  transport_actor transport_;
  time_point began_;
  time_point deadline_;
};

std::vector<std::string> names_of(const std::vector<channel_id>& channels) {
  std::vector<std::string> result;
  result.reserve(channels.size());
  for (auto id : channels)
    result.push_back(to_text(id));
  return result;
}

int64_t microseconds(duration time) {
  return time / 1us;
}

void print_json(const node_address& address, const findings& found) {
  const auto& [id, info, ends, windows] = found.remote;
  std::cout << event_line(
      true, {.name = "probe",
             .fields = {{"node_id", to_string(id)},
                        {"address", to_string(address)},
                        {"endpoint", to_string(ends.remote)},
                        {"moniker", info.moniker},
                        {"network", info.network},
                        {"version", info.version},
                        {"protocol",
                         {{"p2p", info.versions.p2p},
                          {"block", info.versions.block},
                          {"app", info.versions.app}}},
                        {"channels", names_of(info.channels)},
                        {"listen_addr", info.listen_addr},
                        {"rpc_address", info.rpc_address},
                        {"tx_index", info.tx_index},
                        {"lookup_us", microseconds(found.lookup)},
                        {"connect_us", microseconds(found.connect)},
                        {"handshake_us", microseconds(found.handshake)},
                        {"total_us", microseconds(found.total())}}})
            << std::endl;
}

void print_text(const findings& found) {
  const auto& [id, info, ends, windows] = found.remote;
  auto line = [](std::string_view name, const std::string& value) {
    std::cout << fmt::format("{:<11}{}\n", name, value);
  };
  auto time = [&line](std::string_view name, duration value) {
    line(name, fmt::format("{:.1f} ms", microseconds(value) / 1000.0));
  };
  line("node ID", to_string(id));
  line("endpoint", to_string(ends.remote));
  line("moniker", troupe::quoted(info.moniker));
  line("network", info.network == lp2p_unknown_network
                      ? "unknown, as it speaks libp2p's protocol"
                      : troupe::quoted(info.network));
  line("version", troupe::quoted(info.version));
  line("protocol", fmt::format("p2p {}, block {}, app {}", info.versions.p2p,
                               info.versions.block, info.versions.app));
  line("channels", fmt::format("{}", fmt::join(names_of(info.channels), " ")));
  line("listens at", troupe::quoted(info.listen_addr));
  if (!info.rpc_address.empty())
    line("RPC at", troupe::quoted(info.rpc_address));
  time("lookup", found.lookup);
  time("connect", found.connect);
  time("handshake", found.handshake);
  time("total", found.total());
  std::cout.flush();
}

/// What a human makes of a failure.
std::string explain(const node_address& address, const caf::error& reason) {
  auto text = text_of(reason);
  if (address.protocol == quic_protocol)
    return text;
  switch (code_of(reason, errc::none)) {
    case errc::malformed_handshake:
    case errc::oversized_handshake:
      return "the remote does not speak the MConnection protocol (" + text
             + ")";
    case errc::connection_closed:
      return "the remote closed the connection during the handshake: it does "
             "not speak the MConnection protocol, or does not want us";
    default:
      return text;
  }
}

int probe(probe_config& config, const node_address& address) {
  caf::actor_system sys{config};
  auto found = prober{sys, config, address}.run(address);
  if (!found)
    return complain(failed, fmt::format("probe of {}: {}", address,
                                        explain(address, found.error())));
  if (config.json)
    print_json(address, *found);
  else
    print_text(*found);
  return success;
}

} // namespace

int run_probe(const words& arguments) {
  probe_config config;
  if (auto status = config.begin(arguments, 1))
    return *status;
  if (config.timeout <= caf::timespan::zero())
    return complain(bad_usage, "option --timeout is not above zero");
  auto address = node_address::parse(config.operands().front());
  if (!address)
    return complain(bad_usage, to_string(address.error()));
  return probe(config, *address);
}

} // namespace troupe::command
