// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_peer.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "troupe/transport/quic/lp2p/multiaddr.hpp"

namespace troupe {

namespace {

/// Longest text of a remote's that is kept.
constexpr size_t shown_text_max = 64;

/// Leaves of a remote's text what a node info may have: printable ASCII.
std::string printable(std::string_view text) {
  std::string result;
  for (auto character : text.substr(0, shown_text_max))
    result += character >= 0x20 && character <= 0x7e ? character : '?';
  return result.find_first_not_of(' ') == std::string::npos ? std::string{}
                                                            : result;
}

std::string address_of(const ip_address& ip, uint16_t port) {
  return ip.is_v4() ? fmt::format("tcp://{}:{}", to_string(ip), port)
                    : fmt::format("tcp://[{}]:{}", to_string(ip), port);
}

/// The first address that can be somebody's.
std::optional<quic_multiaddr> find_address(const identify_info& said) {
  for (const auto& encoded : said.listen_addresses)
    if (auto where = decode_multiaddr(encoded);
        where && where->port != 0 && !where->ip.is_unspecified())
      return where;
  return std::nullopt;
}

} // namespace

lp2p_peer describe_lp2p_peer(const node_id& proven, const identify_info* said,
                             const ip_address& ip, uint16_t port) {
  lp2p_peer result;
  auto& info = result.info;
  info.versions = {.p2p = 0, .block = 0, .app = 0};
  info.node_id = to_string(proven);
  info.network = lp2p_unknown_network;
  info.listen_addr = address_of(ip, port);
  info.moniker = "lp2p";
  if (said == nullptr)
    return result;
  if (auto where = find_address(*said))
    info.listen_addr = address_of(where->ip, where->port);
  if (auto name = printable(said->agent_version); !name.empty())
    info.moniker = name;
  info.version = printable(said->protocol_version);
  info.channels = named_channels(*said);
  result.told_channels = !info.channels.empty();
  info.channels.resize(std::min(info.channels.size(), max_node_info_channels));
  return result;
}

} // namespace troupe
