// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/start_options.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "troupe/actors/node/option_table.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/channel_list.hpp"

namespace troupe::command {

namespace {

using opts = start_options;

/// Seeds, and nodes that others begin with, are full most of the time. Even if
/// each newcomer stays for all of its five seconds, three come in in two
/// seconds; it takes strangers in eight subnets to keep them out; and it adds
/// an eighth to the slots.
constexpr size_t visitors = 8;

failure check_channel(std::string_view text) {
  auto parsed = parse_channels(std::string{text});
  return parsed ? failure{} : parsed.error();
}

failure check_metrics(std::string_view text) {
  if (text.empty())
    return {};
  const auto where = parse_endpoint(text);
  if (where && where->ip && text.find('/') == std::string_view::npos)
    return {};
  return {errc::invalid_option,
          fmt::format("{} is not IP:PORT", troupe::quoted(text))};
}

/// Lists each group as a whole, in the order in which groups begin.
void sort_by_group(std::vector<listed_option>& options) {
  std::vector<std::string_view> groups;
  for (const auto& [info, initial] : options)
    if (std::ranges::find(groups, info->group) == groups.end())
      groups.push_back(info->group);
  std::ranges::stable_sort(options, {}, [&groups](const listed_option& x) {
    return std::ranges::find(groups, x.info->group) - groups.begin();
  });
}

} // namespace

const std::vector<option_row<start_options>>& start_option_table() {
  static const std::vector<option_row<start_options>> rows{
      row_for<opts, &opts::pex>(
          {.name = "pex",
           .group = "Peers",
           .type = option_type::boolean,
           .help = "whether to find peers through others, and to tell them "
                   "whom we know",
           .cometbft = "pex"}),
      row_for<opts, &opts::seed_mode>(
          {.name = "seed-mode",
           .group = "Peers",
           .type = option_type::flag,
           .help = "serves addresses and keeps nobody who is not configured",
           .documentation
           = "A seed goes to those it knows to ask for more, not to the same "
             "one within two minutes.",
           .cometbft = "seed_mode"}),
      row_for<opts, &opts::sink>(
          {.name = "sink",
           .group = "Channels",
           .type = option_type::list,
           .placeholder = "0x20,0x21,...|cometbft",
           .help = "channels whose messages are counted",
           .documentation
           = "cometbft: those of a CometBFT node but peer exchange, so that "
             "such nodes connect.",
           .check = check_channel}),
      row_for<opts, &opts::echo>(
          {.name = "echo",
           .group = "Channels",
           .type = option_type::flag,
           .help = "answers pings on channel 0x70, and sends some"}),
      row_for<opts, &opts::metrics>({.name = "metrics",
                                     .group = "Metrics and logs",
                                     .placeholder = "IP:PORT",
                                     .help = "where Prometheus finds metrics",
                                     .check = check_metrics,
                                     .cometbft = "prometheus_listen_addr"}),
      row_for<opts, &opts::metrics_peers>(
          {.name = "metrics-peers",
           .group = "Metrics and logs",
           .type = option_type::count,
           .help = "most peers whose own figures are among them",
           .zero = "none"}),
      row_for<opts, &opts::json>(
          {.name = "json",
           .group = "Metrics and logs",
           .type = option_type::flag,
           .help = "prints events as JSON, one object a line"}),
      row_for<opts, &opts::log_level>(
          {.name = "log-level",
           .group = "Metrics and logs",
           .type = option_type::word,
           .help = "what goes to standard error besides what ends the node",
           .words = {"debug", "info", "warn", "error", "off"},
           .cometbft = "log_level",
           .at_run_time = true}),
      row_for<opts, &opts::log_format>(
          {.name = "log-format",
           .group = "Metrics and logs",
           .type = option_type::word,
           .help = "how all lines look: for humans, or JSON, events too",
           .words = {"text", "json"},
           .cometbft = "log_format"}),
      row_for<opts, &opts::ctl_socket>(
          {.name = "ctl-socket",
           .group = "Steering",
           .placeholder = "PATH",
           .help = "the socket where 'troupe ctl' can steer the node; by "
                   "default ctl.sock in the home"}),
  };
  return rows;
}

node_options initial_node_options() {
  return {.key = node_key::from_seed(std::array<std::byte, 32>{}),
          .network = "troupe",
          .listen = {"mconn://0.0.0.0:26656"},
          .max_visitors = visitors};
}

std::vector<listed_option> all_start_options() {
  const auto node = initial_node_options();
  const start_options start;
  std::vector<listed_option> result;
  for (const auto& row : option_table())
    result.push_back({&row, row.get(node)});
  for (const auto& row : start_option_table())
    result.push_back({&row, row.get(start)});
  sort_by_group(result);
  return result;
}

const option_info* option_of_key(std::string_view key) {
  for (std::string_view prefix : {"troupe.", "p2p."})
    if (key.starts_with(prefix)) {
      key.remove_prefix(prefix.size());
      break;
    }
  for (const auto& [info, initial] : all_start_options())
    if (is_called(*info, key))
      return info;
  return nullptr;
}

} // namespace troupe::command
