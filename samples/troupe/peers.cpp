// SPDX-License-Identifier: Apache-2.0
//
// troupe peers
#include <algorithm>
#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "troupe/messages/timestamp.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/configured_peers.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/known_peers.hpp"
#include "troupe/samples/troupe/node_client.hpp"

namespace troupe::command {

namespace {

using nlohmann::json;

struct peers_config : command_config {
  peers_config() : command_config("peers --home DIR [--json]") {
    options()
        .add(home, "home", "folder that 'troupe init' made")
        .add(socket, "ctl-socket",
             "where the running node's socket is, if not "
             "in the home")
        .add(json, "json", "prints each peer as a JSON object, one a line");
  }

  std::string home;
  std::string socket;
  bool json = false;
};

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
              {"direction",
               view.direction.empty() ? json(nullptr) : json(view.direction)},
              {"why", view.why}};
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

// -- what is known ------------------------------------------------------------

/// What the node says that runs in a home; nothing if none does.
result<std::vector<live_peer>> ask_node(const peers_config& config,
                                        wall_time now) {
  constexpr std::chrono::seconds patience{5};
  const auto socket = config.socket.empty() ? home{config.home}.control_socket()
                                            : own_path(config.socket);
  auto answer = node_client{socket, patience}.send("GET", "/peers");
  if (!answer && answer.code() == errc::connection_refused)
    return std::vector<live_peer>{};
  if (!answer)
    return answer.error();
  return parse_live_peers(*answer, now);
}

result<store_contents> read_store(const std::filesystem::path& file) {
  // A node that never ran knows nobody.
  if (std::error_code ignored; !std::filesystem::exists(file, ignored))
    return store_contents{};
  auto store = sqlite_store::open_read_only(file);
  if (!store)
    return store.error();
  return (*store)->load();
}

int list(const peers_config& config) {
  const auto where = home{config.home};
  if (auto key = where.load_key(); !key)
    return complain(bad_usage, to_string(key.error()));
  auto found = read_store(where.store_file());
  if (!found)
    return complain(failed, to_string(found.error()));
  const auto now = system_wall_clock{}.now();
  auto live = ask_node(config, now);
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

} // namespace

int run_peers(const words& arguments) {
  peers_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (auto status = refuse_without_home(config.home))
    return *status;
  return list(config);
}

} // namespace troupe::command
