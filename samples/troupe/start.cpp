// SPDX-License-Identifier: Apache-2.0
//
// troupe start
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/operator/operator_server.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"
#include "troupe/samples/troupe/channel_list.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/console.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/node_settings.hpp"
#include "troupe/samples/troupe/pinger.hpp"
#include "troupe/samples/troupe/reporter.hpp"
#include "troupe/samples/troupe/sink.hpp"
#include "troupe/samples/troupe/stop_signals.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

struct start_config : command_config {
  start_config() : command_config("start --home DIR [OPTIONS]") {
    auto group = options();
    group.add(home, "home", "folder that 'troupe init' made")
        .add(listen, "listen", "where to listen; default: " + listen)
        .add(persistent_peers, "persistent-peers",
             "ID@HOST:PORT,... that are always kept connected; without a port "
             "it is 26656")
        .add(bootstrap_peers, "bootstrap-peers",
             "ID@HOST:PORT,... to begin with")
        .add(network, "network", "name of the network")
        .add(moniker, "moniker", "name of the node, for humans")
        .add(metrics, "metrics", "IP:PORT where Prometheus finds metrics")
        .add(ctl_socket, "ctl-socket",
             "path of the socket where 'troupe ctl' can steer the node; "
             "default: ctl.sock in the home")
        .add(sink, "sink",
             "channels whose messages are counted, 0x20,0x21,...; cometbft: "
             "those of a CometBFT node")
        .add(echo, "echo", "answers pings on channel 0x70, and sends some")
        .add(json, "json", "prints events as JSON, one object a line");
    settings.add_to(group);
  }

  std::string home;
  std::string listen = "mconn://0.0.0.0:26656";
  std::string persistent_peers;
  std::string bootstrap_peers;
  std::string network;
  std::string moniker = "troupe";
  std::string metrics;
  std::string ctl_socket;
  std::string sink;
  bool echo = false;
  bool json = false;
  node_settings settings;
};

/// Parses where metrics are served.
result<endpoint> parse_metrics(const start_config& config) {
  auto where = parse_endpoint(config.metrics);
  if (!where || !where->ip || config.metrics.find('/') != std::string::npos)
    return {errc::invalid_option,
            fmt::format("option --metrics: {} is not IP:PORT",
                        troupe::quoted(config.metrics))};
  where->protocol = "tcp";
  return where;
}

/// Opens what the node remembers about its peers.
result<std::shared_ptr<peer_store>> open_store(const home& where) {
  auto store = sqlite_store::open(
      {.path = where.store_file(), .now = system_wall_clock{}.now()});
  if (!store)
    return store.error();
  return std::shared_ptr<peer_store>{std::move(*store)};
}

struct plan {
  node_options node;
  std::filesystem::path ctl;
  std::optional<endpoint> metrics;
  std::vector<channel_id> sinks;
};

/// Finds out which channels the node is to have.
failure choose_channels(const start_config& config, plan& made) {
  if (!config.sink.empty()) {
    auto parsed = parse_channels(config.sink);
    if (!parsed)
      return {errc::invalid_option,
              fmt::format("option --sink: {}", parsed.error().context)};
    made.sinks = std::move(*parsed);
  }
  const auto has_echo
      = std::find(made.sinks.begin(), made.sinks.end(), echo_channel)
        != made.sinks.end();
  if (config.echo && has_echo)
    return {errc::invalid_option,
            fmt::format("option --sink: {} is the channel of --echo",
                        troupe::quoted(config.sink))};
  made.node.channels_expected = made.sinks.size() + (config.echo ? 1 : 0);
  return {};
}

result<plan> make_plan(start_config& config) {
  auto key = home{config.home}.load_key();
  if (!key)
    return key.error();
  auto made = plan{.node = {.key = *key,
                            .network = config.network,
                            .moniker = config.moniker,
                            .listen = config.listen,
                            .persistent_peers = split(config.persistent_peers),
                            .bootstrap_peers = split(config.bootstrap_peers)}};
  if (auto bad = config.settings.apply(made.node); bad.code != errc::none)
    return {bad.code, as_option(bad)};
  if (auto bad = choose_channels(config, made); bad.code != errc::none)
    return bad;
  if (auto bad = validate(made.node); bad.code != errc::none)
    return {bad.code, as_option(bad)};
  made.ctl = config.ctl_socket.empty() ? home{config.home}.control_socket()
                                       : own_path(config.ctl_socket);
  if (!config.metrics.empty()) {
    auto where = parse_metrics(config);
    if (!where)
      return where.error();
    made.metrics = *where;
  }
  if (made.node.channels_expected == 0)
    return {errc::invalid_option,
            "no channel is chosen, and nodes hang up on who has none in common "
            "with them: --echo opens 0x70, --sink=cometbft those of a CometBFT "
            "node, --sink=0x20,0x21,... any"};
  // Last, as it leaves something behind.
  auto store = open_store(home{config.home});
  if (!store)
    return store.error();
  made.node.store = std::move(*store);
  return made;
}

/// What the end of the node means for the end of the process.
int report_end(const caf::error& reason, const start_config& config,
               console& out) {
  if (reason == caf::exit_reason::user_shutdown) {
    out.events().print("stopped");
    return success;
  }
  if (code_of(reason, errc::none) == errc::cannot_listen)
    return out.complain(bad_usage, fmt::format("option --listen: {}: {}",
                                               troupe::quoted(config.listen),
                                               text_of(reason)));
  return out.complain(failed, text_of(reason));
}

/// What operators see of a node while it runs.
struct operator_servers {
  std::optional<operator_server> metrics;
  std::optional<operator_server> control;
};

/// Opens the node to its operators.
/// @returns what is wrong with an option, if anything.
failure serve(caf::actor_system& sys, const start_config& config,
              const node& running, const plan& what, console& out,
              operator_servers& to) {
  if (what.metrics) {
    auto made = operator_server::at_port(sys, running, *what.metrics);
    if (!made)
      return {errc::cannot_listen,
              fmt::format("option --metrics: {}", to_string(made.error()))};
    to.metrics.emplace(std::move(*made));
    auto url = endpoint{"http", what.metrics->ip, to.metrics->port()};
    out.events().print("metrics", {{"url", to_string(url) + "/metrics"}});
  }
  auto made = operator_server::at_socket(sys, running, what.ctl);
  if (!made)
    return {errc::cannot_listen,
            fmt::format("option --ctl-socket: {}", to_string(made.error()))};
  to.control.emplace(std::move(*made));
  // In the home, everybody finds it.
  if (!config.ctl_socket.empty())
    out.events().print("ctl", {{"socket", what.ctl.native()}});
  return {};
}

int run_until_told(caf::actor_system& sys, const start_config& config,
                   plan what, console& out) {
  auto running = spawn_node(sys, std::move(what.node));
  stop_signals signals{
      {.stop = [running] { running.stop(); },
       .say = [&out](std::string_view line) { out.complain(success, line); },
       .before_end = [&out] { out.finish(std::chrono::milliseconds{100}); }}};
  operator_servers servers;
  if (auto bad = serve(sys, config, running, what, out, servers);
      bad.code != errc::none) {
    running.stop();
    caf::scoped_actor self{sys};
    self->wait_for(running.router());
    return out.complain(bad_usage, to_string(bad));
  }
  // Everybody who prints has printed the last word before we do.
  std::vector<caf::actor> printing{spawn_reporter(sys, running, out.events())};
  for (auto channel : what.sinks)
    printing.push_back(spawn_sink(sys, running, channel, out.events()));
  if (config.echo)
    printing.push_back(spawn_pinger(
        sys, running, 1s, [&out](const node_id& peer, duration rtt) {
          using std::chrono::microseconds;
          out.events().print("pong", {{"peer", to_string(peer)},
                                      {"rtt_us", rtt / microseconds{1}}});
        }));
  caf::scoped_actor self{sys};
  self->monitor(running.router());
  caf::error reason;
  self->receive([&reason](caf::down_msg& msg) { reason = msg.reason; });
  for (const auto& who : printing)
    self->wait_for(who);
  return report_end(reason, config, out);
}

int start(start_config& config) {
  auto what = make_plan(config);
  if (!what)
    return complain(bad_usage, to_string(what.error()));
  if (auto warning = home{config.home}.key_warning(); !warning.empty())
    complain(success, warning);
  stop_signals::block();
  console out{config.json};
  auto status = failed;
  {
    caf::actor_system sys{config};
    status = run_until_told(sys, config, std::move(*what), out);
  }
  out.finish();
  return status;
}

/// Reads the configuration file, if there is one.
failure read_config(start_config& config, const words& arguments) {
  const auto file = home{config.home}.config_file();
  std::error_code ignored;
  // A link to nowhere is there.
  if (!std::filesystem::exists(
          std::filesystem::symlink_status(file, ignored))) {
    if (config.network.empty())
      config.network = "troupe";
    return {};
  }
  if (auto bad = config.read_file(file, arguments); bad.code != errc::none)
    return bad;
  // What is left of a file may be less than was written.
  if (config.network.empty())
    return {errc::invalid_option,
            fmt::format("file {}: troupe.network is missing, the name of the "
                        "network; --network gives one, too",
                        troupe::quoted(file.native(), 256))};
  return {};
}

} // namespace

int run_start(const words& arguments) {
  start_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (auto status = refuse_without_home(config.home))
    return *status;
  if (auto bad = read_config(config, arguments); bad.code != errc::none)
    return complain(bad_usage, to_string(bad));
  return start(config);
}

} // namespace troupe::command
