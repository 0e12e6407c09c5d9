// SPDX-License-Identifier: Apache-2.0
//
// troupe start
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/operator/operator_server.hpp"
#include "troupe/actors/pex/pex.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/console.hpp"
#include "troupe/samples/troupe/descriptor_limit.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/late_call.hpp"
#include "troupe/samples/troupe/pinger.hpp"
#include "troupe/samples/troupe/reload.hpp"
#include "troupe/samples/troupe/reporter.hpp"
#include "troupe/samples/troupe/service_manager.hpp"
#include "troupe/samples/troupe/sink.hpp"
#include "troupe/samples/troupe/start_plan.hpp"
#include "troupe/samples/troupe/stop_signals.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

/// Where metrics are served. It has been checked that it says so.
std::optional<endpoint> metrics_endpoint(const start_options& options) {
  if (options.metrics.empty())
    return std::nullopt;
  auto where = parse_endpoint(options.metrics);
  if (!where)
    return std::nullopt;
  where->protocol = "tcp";
  return std::move(*where);
}

/// What the end of the node means for the end of the process.
int report_end(const caf::error& reason, const std::string& listen,
               console& out) {
  if (reason == caf::exit_reason::user_shutdown) {
    out.events().print("stopped");
    return success;
  }
  if (code_of(reason, errc::none) == errc::cannot_listen)
    return out.complain(bad_usage,
                        fmt::format("option --listen: {}: {}",
                                    troupe::quoted(listen), text_of(reason)));
  return out.complain(failed, text_of(reason));
}

/// What operators see of a node while it runs.
struct operator_servers {
  std::optional<operator_server> metrics;
  std::optional<operator_server> control;
};

/// Opens the node to its operators.
/// @returns what is wrong with an option, if anything.
failure serve(caf::actor_system& sys, const node& running,
              const start_plan& what, console& out, operator_servers& to) {
  const operator_server::options how{
      .metric_peers_max = what.start.metrics_peers,
      .store_problem = [store = what.store] { return store->problem(); }};
  if (const auto where = metrics_endpoint(what.start)) {
    auto made = operator_server::at_port(sys, running, *where, how);
    if (!made)
      return {errc::cannot_listen,
              fmt::format("option --metrics: {}", to_string(made.error()))};
    to.metrics.emplace(std::move(*made));
    auto url = endpoint{"http", where->ip, to.metrics->port()};
    out.events().print("metrics", {{"url", to_string(url) + "/metrics"}});
  }
  auto made = operator_server::at_socket(sys, running, what.ctl, how);
  if (!made)
    return {errc::cannot_listen,
            fmt::format("option --ctl-socket: {}", to_string(made.error()))};
  to.control.emplace(std::move(*made));
  // In the home, everybody finds it.
  if (!what.start.ctl_socket.empty())
    out.events().print("ctl", {{"socket", what.ctl.native()}});
  return {};
}

/// How long a node has to tell its peers that it ends.
constexpr auto end_time = 1500ms;

/// How long each of our two outputs then has.
constexpr auto last_words_time = 200ms;

/// What others can ask of a node for as long as it runs.
struct requests {
  late_call stop;
  late_call reload;
};

/// Waits until the node has ended.
/// @returns why.
caf::error wait_for_end(caf::actor_system& sys, const node& running,
                        reloader& again, requests& from_outside) {
  caf::scoped_actor self{sys};
  self->monitor(running.router());
  const auto me = caf::actor_cast<caf::actor>(self);
  from_outside.stop.set([running] { running.stop(); });
  from_outside.reload.set([me] { caf::anon_send(me, caf::update_atom_v); });
  self->request(running.router(), caf::infinite, caf::get_atom_v)
      .receive(
          [](const std::vector<endpoint>& where) {
            tell_ready(where.empty()
                           ? std::string{"dials, and listens nowhere"}
                           : "listens at " + to_string(where.front()));
          },
          [](const caf::error&) {
            // It has ended, which comes next.
          });
  std::optional<caf::error> reason;
  self->receive_while([&reason] { return !reason.has_value(); })(
      [&reason](caf::down_msg& msg) { reason = std::move(msg.reason); },
      [&](caf::update_atom) {
        tell_reloading();
        again.run(sys);
        tell_ready("has read its configuration again");
      });
  tell_stopping();
  from_outside.reload.end();
  from_outside.stop.end();
  return *reason;
}

int run_until_told(caf::actor_system& sys, const words& arguments,
                   start_plan what, console& out, requests& from_outside) {
  const auto listen = print_option(what.node.listen);
  auto running = spawn_node(sys, what.node);
  // It is the node's own.
  what.node.store = {};
  reloader again{running, arguments, what, out};
  operator_servers servers;
  if (auto bad = serve(sys, running, what, out, servers);
      bad.code != errc::none) {
    running.stop();
    caf::scoped_actor self{sys};
    self->wait_for(running.router());
    return out.complain(bad_usage, to_string(bad));
  }
  // Everybody who prints has printed the last word before we do.
  std::vector<caf::actor> printing{spawn_reporter(sys, running, out.events())};
  if (what.start.pex)
    spawn_pex(sys, running, {.seed_mode = what.start.seed_mode});
  for (auto channel : what.sinks)
    printing.push_back(spawn_sink(sys, running, channel, out.events()));
  if (what.start.echo)
    printing.push_back(spawn_pinger(
        sys, running, 1s, [&out](const node_id& peer, duration rtt) {
          using std::chrono::microseconds;
          out.events().print("pong", {{"peer", to_string(peer)},
                                      {"rtt_us", rtt / microseconds{1}}});
        }));
  const auto reason = wait_for_end(sys, running, again, from_outside);
  caf::scoped_actor self{sys};
  for (const auto& who : printing)
    self->wait_for(who);
  return report_end(reason, listen, out);
}

int start(start_config& config, const words& arguments) {
  auto what = make_plan(config);
  if (!what)
    return complain(bad_usage, to_string(what.error()));
  if (auto warning = home{config.home}.key_warning(); !warning.empty())
    complain(success, warning);
  stop_signals::block();
  raise_descriptor_limit();
  const auto json_lines = what->start.log_format == "json";
  console out{what->start.json || json_lines,
              {.json = json_lines, .node = what->node.moniker}};
  out.set_log_level(what->start.log_level);
  requests from_outside;
  // Outlives all that may not come to an end.
  stop_signals signals{
      {.stop = [&from_outside] { from_outside.stop(); },
       .say = [&out](std::string_view line) { out.complain(success, line); },
       .before_end = [&out] { out.finish(last_words_time / 2); },
       .reload = [&from_outside] { from_outside.reload(); },
       .patience = end_time + last_words_time}};
  auto status = failed;
  {
    caf::actor_system sys{config};
    status
        = run_until_told(sys, arguments, std::move(*what), out, from_outside);
  }
  out.finish(last_words_time);
  return status;
}

} // namespace

int run_start(const words& arguments) {
  start_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (auto status = refuse_without_home(config.home))
    return *status;
  if (auto bad = read_home(config, arguments); bad.code != errc::none)
    return complain(bad_usage, to_string(bad));
  return start(config, arguments);
}

} // namespace troupe::command
