// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/operator_json.hpp"

#include <chrono>

#include <nlohmann/json.hpp>

namespace troupe {

namespace {

using object = nlohmann::ordered_json;

std::string line(const object& x) {
  return x.dump(-1, ' ', true, object::error_handler_t::replace) + "\n";
}

double in_seconds(duration x) {
  return std::chrono::duration<double>{x}.count();
}

object describe(const peer_report& peer) {
  object result{{"peer", to_string(peer.peer)},
                {"state", to_string(peer.state)},
                {"explanation", peer.explanation},
                {"score", in_words(peer.score)},
                {"points", peer.score.total() - peer.score.base},
                {"behaviour", peer.score.behaviour},
                {"private", peer.is_private},
                {"addresses", object::array()}};
  if (peer.info) {
    result["moniker"] = peer.info->moniker;
    result["remote"] = to_string(peer.info->remote);
  }
  if (peer.way)
    result["direction"] = to_string(*peer.way);
  if (peer.connected_for)
    result["connected_for"] = in_seconds(*peer.connected_for);
  if (peer.traffic.rtt)
    result["rtt"] = in_seconds(*peer.traffic.rtt);
  for (const auto& x : peer.traffic.channels)
    result["channels"].push_back({{"channel", x.channel},
                                  {"sent_bytes", x.sent_bytes},
                                  {"received_bytes", x.received_bytes},
                                  {"shed", x.shed},
                                  {"queued_bytes", x.queued_bytes}});
  if (peer.wait)
    result["wait"] = in_seconds(*peer.wait);
  for (const auto& entry : peer.addresses)
    result["addresses"].push_back({{"address", to_string(entry.address)},
                                   {"failures", entry.failures},
                                   {"wait", in_seconds(entry.wait)}});
  return result;
}

object describe(const std::optional<size_t>& limit) {
  return limit ? object(*limit) : object(nullptr);
}

object describe(const std::optional<rate_limit>& limit) {
  return limit ? object(limit->per_second) : object(nullptr);
}

} // namespace

std::string to_json(const std::vector<peer_report>& peers) {
  object result{{"peers", object::array()}};
  for (const auto& peer : peers)
    result["peers"].push_back(describe(peer));
  return line(result);
}

std::string to_json(const operator_limits& limits) {
  const auto& [connections, inbound] = limits;
  return line({{"max_connected", describe(connections.max_connected)},
               {"max_connected_upgrade", connections.max_connected_upgrade},
               {"max_outgoing", describe(connections.max_outgoing)},
               {"max_incoming", describe(connections.max_incoming)},
               {"max_visitors", connections.max_visitors},
               {"max_per_ip", inbound.max_per_ip},
               {"max_per_subnet", inbound.max_per_subnet},
               {"subnet_limits", to_string(inbound.subnet_limits)},
               {"ip_rate", describe(inbound.ip_rate)},
               {"subnet_rate", describe(inbound.subnet_rate)},
               {"total_rate", describe(inbound.total_rate)}});
}

std::string added_json(uint64_t fresh, uint64_t known, uint64_t refused) {
  return line({{"new", fresh}, {"known", known}, {"refused", refused}});
}

std::string node_json(const node_id& self,
                      const std::vector<endpoint>& endpoints) {
  object result{{"node_id", to_string(self)}, {"listening", object::array()}};
  for (const auto& where : endpoints)
    result["listening"].push_back(to_string(where));
  return line(result);
}

} // namespace troupe
