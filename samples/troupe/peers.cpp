// SPDX-License-Identifier: Apache-2.0
//
// troupe peers
#include <algorithm>
#include <chrono>
#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "troupe/messages/timestamp.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/configured_peers.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/known_peers.hpp"
#include "troupe/samples/troupe/peer_sources.hpp"
#include "troupe/samples/troupe/peers_config.hpp"

namespace troupe::command {

namespace {

using nlohmann::json;

// -- as JSON ------------------------------------------------------------------

json to_json(std::optional<wall_time> when) {
  return when ? json(timestamp(*when)) : json(nullptr);
}

json to_json(const stored_address& x) {
  return {{"address", to_string(x.address)},
          {"failures", x.failures},
          {"retry_at", to_json(x.retry_at)},
          {"last_success", to_json(x.last_success)},
          {"last_failure", to_json(x.last_failure)}};
}

double score_of(const stored_peer& peer) {
  constexpr double milli = 1000;
  return static_cast<double>(peer.score_milli) / milli;
}

/// The same as 'troupe ctl list' has, channels taken together.
void add_figures(json& object, const live_figures& x) {
  object["points"] = x.points;
  object["score_in_words"] = x.score;
  if (!x.connected())
    return;
  object["direction"] = x.direction;
  object["remote"] = x.remote;
  object["moniker"] = x.moniker;
  object["connected_for"] = x.age;
  object["rtt"] = x.rtt ? json(*x.rtt) : json(nullptr);
  object["received_bytes"] = x.received;
  object["sent_bytes"] = x.sent;
  object["queued_bytes"] = x.queued;
  object["shed"] = x.dropped;
}

void print_json(const known_peer& known, wall_time now) {
  const auto& [peer, view] = known;
  json object{{"peer", to_string(peer.id)},
              {"addresses", json::array()},
              {"score", score_of(peer)},
              {"scored_at", to_json(peer.scored_at)},
              {"failures", view.failures},
              {"short_connections", peer.short_connections},
              {"last_connected", to_json(peer.last_connected)},
              {"last_disconnected", to_json(peer.last_disconnected)},
              {"ban", nullptr},
              {"incompatible", nullptr},
              {"next_attempt", to_json(view.next_attempt)},
              {"state", view.state.empty() ? json(nullptr) : json(view.state)},
              {"direction", nullptr},
              {"why", view.why}};
  if (view.figures)
    add_figures(object, *view.figures);
  for (const auto& x : peer.addresses)
    object["addresses"].push_back(to_json(x));
  if (peer.ban)
    object["ban"] = {{"until", timestamp(peer.ban->until)},
                     {"reason", peer.ban->reason},
                     {"active", peer.ban->until > now}};
  if (peer.incompatible)
    object["incompatible"] = {{"since", timestamp(peer.incompatible->since)},
                              {"reason", to_string(peer.incompatible->reason)},
                              {"detail", peer.incompatible->detail},
                              {"with", peer.incompatible->with}};
  std::cout << object.dump(-1, ' ', false, json::error_handler_t::replace)
            << std::endl;
}

// -- as a table ---------------------------------------------------------------

std::string time_column(std::optional<wall_time> when) {
  return when ? timestamp(*when) : "-";
}

void print_row(const known_peer& known, wall_time now) {
  const auto& peer = known.stored;
  auto view = known.view;
  // A time that is past is no attempt to wait for.
  if (view.next_attempt && *view.next_attempt <= now)
    view.next_attempt.reset();
  std::string addresses;
  for (const auto& x : peer.addresses)
    addresses += (addresses.empty() ? "" : ",") + to_string(x.address);
  std::cout << fmt::format("{:<40}  {:>9.1f}  {:>8}  {:<24}  {:<24}  {}  {}\n",
                           to_string(peer.id), score_of(peer), view.failures,
                           time_column(peer.last_connected),
                           time_column(view.next_attempt), view.why,
                           addresses.empty() ? "-" : addresses);
  if (!view.figures)
    return;
  if (const auto line = in_line(*view.figures); !line.empty())
    std::cout << fmt::format("  {}\n", line);
  std::cout << fmt::format("  score {}\n", view.figures->score);
}

void print(const std::vector<known_peer>& peers, wall_time now, bool as_json) {
  if (!as_json)
    std::cout << fmt::format("{:<40}  {:>9}  {:>8}  {:<24}  {:<24}  {}\n",
                             "PEER", "SCORE", "FAILURES", "LAST CONNECTED",
                             "NEXT ATTEMPT", "WHY, ADDRESSES");
  for (const auto& peer : peers)
    if (as_json)
      print_json(peer, now);
    else
      print_row(peer, now);
  std::cout.flush();
}

int list(const peers_config& config) {
  const auto where = home{config.home};
  if (auto key = where.load_key(); !key)
    return complain(bad_usage, to_string(key.error()));
  auto found = read_store(where.store_file());
  if (!found)
    return complain(failed, to_string(found.error()));
  const auto now = system_wall_clock{}.now();
  auto live = ask_for_peers(config.socket_path(), now);
  if (!live) {
    // What is stored is worth something by itself.
    complain(success, to_string(live.error()));
    live = std::vector<live_peer>{};
  }
  const auto configured = configured_peers(where.config_file());
  print(merge(found->peers, *live, configured, now), now, config.json);
  for (const auto& problem : found->problems)
    complain(success, fmt::format("store '{}': {}", where.store_file().native(),
                                  problem));
  return std::cout ? success : failed;
}

failure check(const peers_config& config) {
  auto refuse = [](std::string_view what) {
    return failure{errc::invalid_option, std::string{what}};
  };
  if (!config.import_from.empty() && !config.export_to.empty())
    return refuse("options --import and --export: one of them at a time");
  if (!config.export_to.empty() && config.verify)
    return refuse("options --export and --verify: one of them at a time");
  if (config.timeout < std::chrono::milliseconds{1})
    return refuse("option --timeout is below 1ms");
  if (config.concurrency < 1 || config.concurrency > 1000)
    return refuse("option --concurrency is not from 1 to 1000");
  return {};
}

} // namespace

int run_peers(const words& arguments) {
  peers_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (auto bad = check(config); bad.code != errc::none)
    return complain(bad_usage, to_string(bad));
  // A file can be verified for nobody.
  if (!(config.verify && !config.import_from.empty() && config.home.empty()))
    if (auto status = refuse_without_home(config.home))
      return *status;
  if (!config.import_from.empty())
    return import_peers(config);
  if (!config.export_to.empty())
    return export_peers(config);
  return config.verify ? verify_peers(config) : list(config);
}

} // namespace troupe::command
