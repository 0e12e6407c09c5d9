// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/added_transport.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"
#include "troupe/transport/memory/memory_network.hpp"
#include "troupe/transport/quic/udp_socket.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

/// Whether addresses can begin with `name`, as schemes of URLs do.
bool is_protocol_name(std::string_view name) {
  auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && is_lower(name[0])
         && std::ranges::all_of(name, [&](char c) {
              return is_lower(c) || (c >= '0' && c <= '9') || c == '+'
                     || c == '-' || c == '.';
            });
}

failure refuse(std::string_view name, std::string_view why) {
  return {errc::invalid_option,
          fmt::format("transports: {} {}", troupe::quoted(name), why)};
}

failure check_names(const added_transport& what, std::set<std::string>& taken) {
  for (const auto& name : what.protocols) {
    if (!is_protocol_name(name))
      return refuse(name, "is no name of a protocol, expected lower-case "
                          "letters, digits, '+', '-' and '.'");
    if (!taken.insert(name).second)
      return refuse(name, "is given twice");
    if (is_built_in(name) && !what.replaces_built_in)
      return refuse(name, "is built in; replaces_built_in puts another one in "
                          "its place");
  }
  return {};
}

failure check(const added_transport& what, std::set<std::string>& taken) {
  if (what.protocols.empty())
    return {errc::invalid_option, "transports: one has no name of a protocol"};
  if (auto bad = check_names(what, taken); bad.code != errc::none)
    return bad;
  const auto& name = what.protocols.front();
  if (!what.make)
    return refuse(name, "has no function that makes it");
  if (what.replaces_built_in
      && std::ranges::none_of(what.protocols, is_built_in))
    return refuse(name, "is not built in, so that it replaces nothing");
  if (what.listen && !what.speaks(what.listen->protocol))
    return refuse(name, fmt::format("is to listen at {}, of another protocol",
                                    troupe::quoted(to_string(*what.listen))));
  return {};
}

} // namespace

bool added_transport::speaks(std::string_view protocol) const {
  return std::ranges::find(protocols, protocol) != protocols.end();
}

bool is_built_in(std::string_view protocol) {
  return protocol == mconn_protocol || protocol == tcp_protocol
         || protocol == quic_protocol || protocol == memory_protocol;
}

failure validate(const std::vector<added_transport>& transports) {
  std::set<std::string> taken;
  for (const auto& what : transports)
    if (auto bad = check(what, taken); bad.code != errc::none)
      return bad;
  return {};
}

} // namespace troupe
