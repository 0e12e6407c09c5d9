// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/reported_address.hpp"

#include <string>
#include <string_view>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/legacy_address.hpp"
#include "troupe/messages/protocol_name.hpp"

namespace troupe {

namespace {

/// A place as a node writes it.
struct written_place {
  std::string_view protocol;
  std::string_view where;
};

/// Splits at a `://`.
written_place split(std::string_view text) {
  constexpr std::string_view separator = "://";
  const auto found = text.find(separator);
  if (found == std::string_view::npos)
    return {{}, text};
  return {text.substr(0, found), text.substr(found + separator.size())};
}

} // namespace

std::optional<node_address> reported_address(const node_id& peer,
                                             const peer_info& info) {
  // A transport that does not use the network finds everybody by their ID.
  if (!info.remote.ip)
    return node_address{.protocol = info.remote.protocol, .id = peer};
  const auto written = split(info.listen_addr);
  auto text = to_string(peer);
  text += '@';
  text += written.where;
  const auto said = legacy_address::parse(text);
  if (!said || said->port == 0)
    return std::nullopt;
  auto result = node_address::parse(to_string(*said));
  if (!result)
    return std::nullopt;
  if (written.protocol == quic_protocol)
    result->protocol = quic_protocol;
  if (const auto ip = said->ip(); ip && ip->is_unspecified())
    result->hostname = to_string(*info.remote.ip);
  return *result;
}

} // namespace troupe
