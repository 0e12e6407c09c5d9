// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/peer_printer.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "troupe/messages/node_address.hpp"

namespace troupe::command {

namespace {

using object = nlohmann::ordered_json;

double seconds(duration x) {
  return std::chrono::duration<double>{x}.count();
}

object to_json(const peer_report& peer) {
  object result{
      {"peer", to_string(peer.peer)},    {"state", to_string(peer.state)},
      {"explanation", peer.explanation}, {"score", in_words(peer.score)},
      {"private", peer.is_private},      {"addresses", object::array()}};
  if (peer.way)
    result["direction"] = to_string(*peer.way);
  if (peer.connected_for)
    result["connected_for"] = seconds(*peer.connected_for);
  if (peer.wait)
    result["wait"] = seconds(*peer.wait);
  for (const auto& entry : peer.addresses)
    result["addresses"].push_back({{"address", to_string(entry.address)},
                                   {"failures", entry.failures},
                                   {"wait", seconds(entry.wait)}});
  return result;
}

object to_json(const std::optional<size_t>& limit) {
  return limit ? object(*limit) : object(nullptr);
}

object to_json(const std::optional<rate_limit>& limit) {
  return limit ? object(limit->per_second) : object(nullptr);
}

} // namespace

void print_peer(const peer_report& peer, bool json) {
  if (json) {
    std::cout << to_json(peer).dump(-1, ' ', true) << std::endl;
    return;
  }
  std::cout << fmt::format("{}  {}  {}\n  score {}\n", to_string(peer.peer),
                           to_string(peer.state), peer.explanation,
                           in_words(peer.score));
  for (const auto& entry : peer.addresses)
    std::cout << fmt::format(
        "  {}{}\n", to_string(entry.address),
        entry.failures > 0 ? fmt::format(", failed {} times, waits {}",
                                         entry.failures, in_words(entry.wait))
                           : "");
  std::cout.flush();
}

void print_limits(const all_limits& limits, bool json) {
  const auto& [connections, inbound] = limits;
  const std::pair<std::string, object> all[] = {
      {"max-connected", to_json(connections.max_connected)},
      {"max-connected-upgrade", connections.max_connected_upgrade},
      {"max-outgoing", to_json(connections.max_outgoing)},
      {"max-incoming", to_json(connections.max_incoming)},
      {"max-per-ip", inbound.max_per_ip},
      {"max-per-subnet", inbound.max_per_subnet},
      {"ip-rate", to_json(inbound.ip_rate)},
      {"subnet-rate", to_json(inbound.subnet_rate)},
      {"total-rate", to_json(inbound.total_rate)},
  };
  object line;
  for (auto [name, value] : all)
    if (json) {
      std::replace(name.begin(), name.end(), '-', '_');
      line[name] = std::move(value);
    } else {
      std::cout << fmt::format("{}={}\n", name,
                               value.is_null() ? "none" : value.dump());
    }
  if (json)
    std::cout << line.dump() << '\n';
  std::cout.flush();
}

} // namespace troupe::command
