// SPDX-License-Identifier: Apache-2.0
//
// troupe monitor
#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/node/option_info.hpp"
#include "troupe/actors/pex/pex.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/samples/troupe/channel_list.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/console.hpp"
#include "troupe/samples/troupe/late_call.hpp"
#include "troupe/samples/troupe/monitor/monitor_actor.hpp"
#include "troupe/samples/troupe/monitor/tally_text.hpp"
#include "troupe/samples/troupe/reporter.hpp"
#include "troupe/samples/troupe/stop_signals.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view explanation = R"(
Listens to what nodes of CometBFT tell each other: a line a kind of message, with
how much of it there was. It connects to the seeds and, as they tell of them, to
other nodes, and tells each no more than what that has said of its own height,
without which it would hear nothing. Those that speak libp2p it asks for their
height first, for the same reason. It never votes, proposes, or asks for blocks.
Ends at SIGINT or SIGTERM, or after --for.
)";

struct monitor_config : command_config {
  monitor_config()
    : command_config(
        "monitor --network NET --seeds ID@HOST:PORT,... [OPTIONS]") {
    options()
        .add(network, "network", "name of the network")
        .add(seeds, "seeds", "ID@HOST:PORT,... to begin with")
        .add(channels, "channels",
             "what to listen to, 0x20,0x30,...; default: "
             "cometbft, which is all")
        .add(interval, "interval", "time between lines; default: 5s")
        .add(peers, "peers", "most nodes to listen to; default: 16")
        .add(by_peer, "by-peer", "a line for each node, too")
        .add(pex, "pex", "asks nodes for others; default: true")
        .add(time, "for", "ends after that time; default: 0s, never")
        .add(json, "json", "prints lines as JSON");
  }

  std::string network;
  std::string seeds;
  std::string channels = "cometbft";
  caf::timespan interval = 5s;
  uint64_t peers = 16;
  bool by_peer = false;
  bool pex = true;
  caf::timespan time = 0s;
  bool json = false;
};

failure refuse(std::string_view option, std::string_view what) {
  return {errc::invalid_option, fmt::format("option --{}: {}", option, what)};
}

/// What the options say.
struct monitor_plan {
  node_options node;
  std::vector<channel_id> channels;
};

result<monitor_plan> make_plan(const monitor_config& config) {
  if (config.network.empty())
    return refuse("network", "is missing, the name of the network");
  if (split_list(config.seeds).empty())
    return refuse("seeds", "is missing, ID@HOST:PORT,... to begin with");
  if (config.interval < 100ms)
    return refuse("interval", "is below 100ms");
  if (config.peers < 1 || config.peers > 1000)
    return refuse("peers", "is not from 1 to 1000");
  if (config.time < 0s)
    return refuse("for", "is below zero");
  auto channels = parse_channels(config.channels);
  if (!channels)
    return refuse("channels", to_string(channels.error()));
  if (config.pex && std::ranges::count(*channels, channel_id{0x00}) > 0)
    return refuse("channels", "0x00 is for peer exchange, unless --pex=false");
  system_entropy random;
  monitor_plan result{
      .node = {.key = node_key::generate(random),
               .network = config.network,
               .moniker = "troupe-monitor",
               .persistent_peers = split_list(config.seeds),
               .channels_expected = channels->size() + (config.pex ? 1U : 0U),
               .max_connected = config.peers},
      .channels = std::move(*channels)};
  if (auto bad = validate(result.node); bad.code != errc::none)
    return failure{bad.code, as_option(bad)};
  return result;
}

std::function<void(const tally_lines&)> printer_of(const monitor_config& config,
                                                   event_printer& out) {
  return [&out, json = config.json](const tally_lines& said) {
    for (const auto& line : said.lines)
      if (json)
        out.print(in_words(line, said.elapsed));
      else
        out.print_text(in_columns(line, said.elapsed));
    if (!json && !said.lines.empty())
      out.print_text({});
  };
}

int listen(caf::actor_system& sys, const monitor_config& config,
           monitor_plan what, console& out, late_call& stop) {
  const auto running = spawn_node(sys, what.node);
  const std::vector<caf::actor> printing{
      spawn_reporter(sys, running, out.events()),
      spawn_monitor(sys, running,
                    {.channels = std::move(what.channels),
                     .interval = config.interval,
                     .by_peer = config.by_peer,
                     .on_lines = printer_of(config, out.events())})};
  if (config.pex)
    spawn_pex(sys, running);
  caf::scoped_actor self{sys};
  self->monitor(running.router());
  stop.set([running] { running.stop(); });
  if (config.time > 0s)
    self->delayed_send(self, config.time, caf::close_atom_v);
  std::optional<caf::error> reason;
  self->receive_while([&reason] { return !reason.has_value(); })(
      [&reason](caf::down_msg& msg) { reason = std::move(msg.reason); },
      [&running](caf::close_atom) { running.stop(); });
  stop.end();
  for (const auto& who : printing)
    self->wait_for(who);
  return *reason == caf::exit_reason::user_shutdown
             ? success
             : out.complain(failed, text_of(*reason));
}

int monitor(monitor_config& config, monitor_plan what) {
  stop_signals::block();
  console out{config.json, {.json = config.json}};
  out.set_log_level("warn");
  late_call stop;
  stop_signals signals{
      {.stop = [&stop] { stop(); },
       .say = [&out](std::string_view line) { out.complain(success, line); },
       .before_end = [&out] { out.finish(100ms); }}};
  auto status = failed;
  {
    caf::actor_system sys{config};
    status = listen(sys, config, std::move(what), out, stop);
  }
  out.finish();
  return status;
}

} // namespace

int run_monitor(const words& arguments) {
  monitor_config config;
  if (auto status = config.begin(arguments, 0, 0, explanation))
    return *status;
  auto what = make_plan(config);
  if (!what)
    return complain(bad_usage, to_string(what.error()));
  return monitor(config, std::move(*what));
}

} // namespace troupe::command
