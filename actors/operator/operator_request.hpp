// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "troupe/actors/operator/http_message.hpp"
#include "troupe/actors/operator/limits_patch.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// What an operator can ask of a node. README.md of this folder has the route
/// of each.
namespace operator_requests {

struct show_health {};

struct show_metrics {};

struct show_node {};

/// All events from now on.
struct follow_events {
  /// HEAD asks only whether it could.
  bool headers_only = false;
};

/// The best `limit` peers.
struct list_peers {
  uint64_t limit = 0;
};

/// Learns where peers are, to dial them when it is their turn.
struct add_peers {
  std::vector<node_address> addresses = {};
};

/// Dials a peer now.
struct dial {
  /// Without a protocol if only the ID is known.
  node_address address = {};
};

/// Ends the connection of a peer.
struct disconnect {
  node_id peer = {};
};

/// Keeps a peer out for a while.
struct ban {
  node_id peer = {};
  duration how_long = {};
  std::string reason = {};
};

/// Lets a peer in again.
struct unban {
  node_id peer = {};
};

/// Forgets a peer and its addresses.
struct forget {
  node_id peer = {};
};

struct show_limits {};

/// Changes the limits that it names.
struct change_limits {
  limits_patch patch = {};
};

} // namespace operator_requests

/// What an operator asks for.
using operator_request = std::variant<
    operator_requests::show_health, operator_requests::show_metrics,
    operator_requests::show_node, operator_requests::follow_events,
    operator_requests::list_peers, operator_requests::add_peers,
    operator_requests::dial, operator_requests::disconnect,
    operator_requests::ban, operator_requests::unban, operator_requests::forget,
    operator_requests::show_limits, operator_requests::change_limits>;

/// How much a server shows.
enum class operator_surface : uint8_t {
  /// `/health` and `/metrics`: fit for a port.
  read_only,
  /// Steering, too: for those only who may do all of it.
  everything,
};

/// Most peers that one list holds.
inline constexpr uint64_t listed_peers_max = 10'000;

/// Most bytes of a ban's reason.
inline constexpr size_t ban_reason_size_max = 256;

/// Finds out what a request asks for, or else what to answer right away.
std::variant<operator_request, http_response>
parse_operator_request(const http_request& request, operator_surface surface);

/// How many routes there are; HEAD counts as GET.
size_t operator_route_count();

/// The answer that tells an error.
///
///     {"error": "not_connected", "message": "..."}
http_response error_response(unsigned status, std::string_view error,
                             std::string_view message);

/// The same, with the status that fits the code: 400 where the request makes no
/// sense, 404 for an unknown peer, 409 where the state of a peer does not allow
/// it, 503 for a node that stops, 500 else.
http_response error_response(const failure& what);

} // namespace troupe
