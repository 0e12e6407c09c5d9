// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/known_peers.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

namespace troupe::command {

namespace {

using nlohmann::json;

wall_time later(wall_time now, double seconds) {
  return now
         + std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::duration<double>{seconds});
}

stored_address read_address(const json& from, wall_time now) {
  auto address = node_address::parse(from.at("address").get<std::string>());
  stored_address result;
  if (address)
    result.address = *address;
  result.failures = from.at("failures").get<uint32_t>();
  if (auto wait = from.at("wait").get<double>(); wait > 0)
    result.retry_at = later(now, wait);
  return result;
}

/// States that time alone ends.
bool is_wait(std::string_view state) {
  return state == "backing_off" || state == "banned" || state == "waiting";
}

live_peer read_peer(const json& from, wall_time now) {
  live_peer result;
  auto& [known, view] = result;
  if (auto id = node_id::parse(from.at("peer").get<std::string>()))
    known.id = *id;
  known.score_milli = std::llround(from.at("behaviour").get<double>() * 1000);
  for (const auto& entry : from.at("addresses")) {
    known.addresses.push_back(read_address(entry, now));
    view.failures = std::min(known.addresses.front().failures,
                             known.addresses.back().failures);
  }
  view.state = from.at("state").get<std::string>();
  view.why = from.at("explanation").get<std::string>();
  view.figures = read_figures(from);
  if (auto wait = from.value("wait", 0.0);
      is_wait(view.state) && (wait > 0 || view.state == "waiting"))
    view.next_attempt = later(now, wait);
  return result;
}

} // namespace

result<std::vector<live_peer>> parse_live_peers(std::string_view text,
                                                wall_time now) {
  std::vector<live_peer> result;
  try {
    const auto answer = json::parse(text);
    for (const auto& peer : answer.at("peers"))
      result.push_back(read_peer(peer, now));
  } catch (const json::exception&) {
    return {errc::malformed_message, "the answer is none of a node"};
  }
  return result;
}

std::vector<known_peer> merge(const std::vector<stored_peer>& stored,
                              const std::vector<live_peer>& live,
                              const std::set<node_id>& configured,
                              wall_time now) {
  std::map<node_id, const live_peer*> unseen;
  for (const auto& peer : live)
    unseen.emplace(peer.known.id, &peer);
  std::vector<known_peer> result;
  for (const auto& peer : stored) {
    auto i = unseen.find(peer.id);
    result.push_back(
        {peer, i != unseen.end()
                   ? i->second->view
                   : outlook(peer, configured.count(peer.id) > 0, now)});
    if (i != unseen.end())
      unseen.erase(i);
  }
  for (const auto& peer : live)
    if (unseen.count(peer.known.id) > 0)
      result.push_back({peer.known, peer.view});
  return result;
}

} // namespace troupe::command
