// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/quic_row.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "troupe/transport/quic/udp_socket.hpp"

#ifdef TROUPE_HAVE_QUIC
#  include "troupe/transport/quic/quic_transport_broker.hpp"
#endif

namespace troupe {

#ifdef TROUPE_HAVE_QUIC

namespace {

/// What it takes costs every node something that does not need it: a
/// certificate.
bool names_quic(const node_options& options) {
  const auto prefix = fmt::format("{}:", quic_protocol);
  auto is_quic = [&](const auto& text) { return text.starts_with(prefix); };
  return std::ranges::any_of(options.listen, is_quic)
         || std::ranges::any_of(options.persistent_peers, is_quic)
         || std::ranges::any_of(options.bootstrap_peers, is_quic);
}

} // namespace

std::optional<added_transport> quic_row(const node_options& options) {
  if (!names_quic(options))
    return std::nullopt;
  std::shared_ptr<const wall_clock> clock = options.clock;
  if (!clock)
    clock = std::make_shared<system_wall_clock>();
  auto make = [clock](caf::actor_system& sys,
                      const added_transport::node_part& shared) {
    auto made = spawn_quic_transport(sys, shared, clock);
    return made ? *made : transport_actor{};
  };
  return added_transport{.protocols = {std::string{quic_protocol}},
                         .make = std::move(make)};
}

#else

std::optional<added_transport> quic_row(const node_options&) {
  return std::nullopt;
}

#endif

} // namespace troupe
