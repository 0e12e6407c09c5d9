// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/endpoint.hpp"

#include <fmt/format.h>

#include "troupe/messages/node_address.hpp"
#include "troupe/messages/quoted.hpp"

namespace troupe {

failure validate(const endpoint& x) {
  auto refuse = [&x](std::string_view reason) {
    return failure{errc::invalid_endpoint,
                   fmt::format("endpoint {}: {}",
                               troupe::quoted(to_string(x), 128), reason)};
  };
  if (x.protocol.empty())
    return refuse("it has no protocol");
  if (x.port != 0 && !x.ip)
    return refuse(fmt::format("port {} has no IP address", x.port));
  if (!x.ip && x.path.empty())
    return refuse("it has neither an IP address nor a path");
  return {};
}

std::string to_string(const endpoint& x) {
  // A path that is a node ID is how memory transports name their peers, whose
  // addresses have the form PROTOCOL:ID.
  if (!x.ip)
    if (auto id = node_id::parse(x.path))
      return to_string(to_address(x, *id));
  return to_string(to_address(x, node_id{}));
}

} // namespace troupe

size_t std::hash<troupe::endpoint>::operator()(
    const troupe::endpoint& x) const noexcept {
  return std::hash<troupe::node_address>{}(to_address(x, troupe::node_id{}));
}
