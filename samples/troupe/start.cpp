// SPDX-License-Identifier: Apache-2.0
//
// troupe start
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iostream>
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
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/event_printer.hpp"
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
             "ID@HOST:PORT,... that are always kept connected")
        .add(bootstrap_peers, "bootstrap-peers",
             "ID@HOST:PORT,... to begin with")
        .add(network, "network", "name of the network")
        .add(moniker, "moniker", "name of the node, for humans")
        .add(metrics, "metrics", "IP:PORT where Prometheus finds metrics")
        .add(ctl_socket, "ctl-socket",
             "path of the socket where 'troupe ctl' can steer the node; "
             "default: ctl.sock in the home")
        .add(sink, "sink", "number of a channel whose messages are counted")
        .add(echo, "echo", "answers pings on channel 0x70, and sends some")
        .add(json, "json", "prints events as JSON, one object a line");
    settings.add_to(group);
  }

  std::string home;
  std::string listen = "mconn://0.0.0.0:26656";
  std::string persistent_peers;
  std::string bootstrap_peers;
  std::string network = "troupe";
  std::string moniker = "troupe";
  std::string metrics;
  std::string ctl_socket;
  std::string sink;
  bool echo = false;
  bool json = false;
  node_settings settings;
};

/// Parses a channel number, decimal or `0x` hexadecimal.
std::optional<channel_id> parse_channel(std::string_view text) {
  auto base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  channel_id result = 0;
  auto [end, code]
      = std::from_chars(text.data(), text.data() + text.size(), result, base);
  if (code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return result;
}

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
  auto file = where.store_file();
  std::error_code problem;
  std::filesystem::create_directories(file.parent_path(), problem);
  if (problem)
    return {errc::file_error,
            fmt::format("cannot make folder {}: {}",
                        troupe::quoted(file.parent_path().string()),
                        problem.message())};
  auto store
      = sqlite_store::open({.path = file, .now = system_wall_clock{}.now()});
  if (!store)
    return store.error();
  return std::shared_ptr<peer_store>{std::move(*store)};
}

struct plan {
  node_options node;
  std::filesystem::path ctl;
  std::optional<endpoint> metrics;
  std::optional<channel_id> sink;
};

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
  if (!config.sink.empty()) {
    made.sink = parse_channel(config.sink);
    if (!made.sink)
      return {errc::invalid_option,
              fmt::format("option --sink: {} is not a channel, expected 0 to "
                          "255 or 0x00 to 0xff",
                          troupe::quoted(config.sink))};
    if (config.echo && made.sink == echo_channel)
      return {errc::invalid_option,
              fmt::format("option --sink: {} is the channel of --echo",
                          troupe::quoted(config.sink))};
  }
  made.node.channels_expected = (config.echo ? 1 : 0) + (made.sink ? 1 : 0);
  if (auto bad = validate(made.node); bad.code != errc::none)
    return {bad.code, as_option(bad)};
  made.ctl = config.ctl_socket.empty()
                 ? home{config.home}.control_socket()
                 : std::filesystem::path{config.ctl_socket};
  if (!config.metrics.empty()) {
    auto where = parse_metrics(config);
    if (!where)
      return where.error();
    made.metrics = *where;
  }
  // Last, as it leaves something behind.
  auto store = open_store(home{config.home});
  if (!store)
    return store.error();
  made.node.store = std::move(*store);
  return made;
}

/// What the end of the node means for the end of the process.
int report_end(const caf::error& reason, const start_config& config,
               event_printer& out) {
  if (reason == caf::exit_reason::user_shutdown) {
    out.print("stopped");
    return success;
  }
  if (code_of(reason, errc::none) == errc::cannot_listen)
    return complain(bad_usage, fmt::format("option --listen: {}: {}",
                                           troupe::quoted(config.listen),
                                           text_of(reason)));
  return complain(failed, text_of(reason));
}

/// What operators see of a node while it runs.
struct operator_servers {
  std::optional<operator_server> metrics;
  std::optional<operator_server> control;
};

/// Opens the node to its operators.
/// @returns what is wrong with an option, if anything.
failure serve(caf::actor_system& sys, const start_config& config,
              const node& running, const plan& what, event_printer& out,
              operator_servers& to) {
  if (what.metrics) {
    auto made = operator_server::at_port(sys, running, *what.metrics);
    if (!made)
      return {errc::cannot_listen,
              fmt::format("option --metrics: {}", to_string(made.error()))};
    to.metrics.emplace(std::move(*made));
    auto url = endpoint{"http", what.metrics->ip, to.metrics->port()};
    out.print("metrics", {{"url", to_string(url) + "/metrics"}});
  }
  auto made = operator_server::at_socket(sys, running, what.ctl);
  if (!made)
    return {errc::cannot_listen,
            fmt::format("option --ctl-socket: {}", to_string(made.error()))};
  to.control.emplace(std::move(*made));
  // In the home, everybody finds it.
  if (!config.ctl_socket.empty())
    out.print("ctl", {{"socket", what.ctl.native()}});
  return {};
}

int run_until_told(caf::actor_system& sys, const start_config& config,
                   plan what, event_printer& out) {
  auto running = spawn_node(sys, std::move(what.node));
  auto signals = stop_signals{[running] { running.stop(); }};
  operator_servers servers;
  if (auto bad = serve(sys, config, running, what, out, servers);
      bad.code != errc::none) {
    running.stop();
    caf::scoped_actor self{sys};
    self->wait_for(running.router());
    return complain(bad_usage, to_string(bad));
  }
  // Everybody who prints has printed the last word before we do.
  std::vector<caf::actor> printing{spawn_reporter(sys, running, out)};
  if (what.sink)
    printing.push_back(spawn_sink(sys, running, *what.sink, out));
  if (config.echo)
    printing.push_back(spawn_pinger(
        sys, running, 1s, [&out](const node_id& peer, duration rtt) {
          using std::chrono::microseconds;
          out.print("pong", {{"peer", to_string(peer)},
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
  stop_signals::block();
  caf::actor_system sys{config};
  event_printer out{config.json};
  return run_until_told(sys, config, std::move(*what), out);
}

} // namespace

int run_start(const words& arguments) {
  start_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (auto status = refuse_without_home(config.home))
    return *status;
  auto file = home{config.home}.config_file();
  if (std::error_code ignored; std::filesystem::exists(file, ignored))
    if (auto bad = config.read_file(file, arguments); bad.code != errc::none)
      return complain(bad_usage, to_string(bad));
  return start(config);
}

} // namespace troupe::command
