// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/peer_printer.hpp"

#include <iostream>
#include <string>

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

std::string text_of(const std::optional<size_t>& limit) {
  return limit ? std::to_string(*limit) : "none";
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

void print_limits(const connection_limits& limits, bool json) {
  if (json) {
    const object all{{"max_connected", to_json(limits.max_connected)},
                     {"max_connected_upgrade", limits.max_connected_upgrade},
                     {"max_outgoing", to_json(limits.max_outgoing)},
                     {"max_incoming", to_json(limits.max_incoming)}};
    std::cout << all.dump() << std::endl;
    return;
  }
  std::cout << fmt::format(
      "max-connected={}\nmax-connected-upgrade={}\n"
      "max-outgoing={}\nmax-incoming={}\n",
      text_of(limits.max_connected), limits.max_connected_upgrade,
      text_of(limits.max_outgoing), text_of(limits.max_incoming));
  std::cout.flush();
}

} // namespace troupe::command
