// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/peer_outlook.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "troupe/messages/timestamp.hpp"
#include "troupe/samples/troupe/peer_printer.hpp"

namespace troupe::command {

namespace {

/// Reasons may quote what a peer said, so they must not fool who reads them.
std::string with_reason(std::string text, const std::string& reason) {
  if (!reason.empty())
    text += fmt::format(": {}", in_quotes(reason));
  return text;
}

/// The address that may be dialed first. One without a wait comes before all
/// others.
const stored_address& first_due(const stored_peer& peer) {
  return *std::min_element(
      peer.addresses.begin(), peer.addresses.end(),
      [](const auto& x, const auto& y) { return x.retry_at < y.retry_at; });
}

uint32_t least_failures(const stored_peer& peer) {
  return std::min_element(peer.addresses.begin(), peer.addresses.end(),
                          [](const auto& x, const auto& y) {
                            return x.failures < y.failures;
                          })
      ->failures;
}

std::string times(uint32_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// Why a peer waits until `due`, which is to come.
std::string why_wait(const stored_peer& peer, wall_time due) {
  const auto until = timestamp(due);
  if (peer.dialable_at != due)
    return fmt::format("backs off until {}, after {}", until,
                       times(first_due(peer).failures, "failed dial"));
  if (peer.short_connections > 0)
    return fmt::format("backs off until {}, after {}", until,
                       times(peer.short_connections, "short connection"));
  return fmt::format("rests until {}, after its last connection", until);
}

std::string why(const stored_peer& peer, bool gives_up,
                std::optional<wall_time> due, wall_time now) {
  if (peer.ban && peer.ban->until > now)
    return with_reason(
        fmt::format("banned until {}", timestamp(peer.ban->until)),
        peer.ban->reason);
  if (peer.incompatible) {
    auto text = with_reason(fmt::format("incompatible since {} ({})",
                                        timestamp(peer.incompatible->since),
                                        to_string(peer.incompatible->reason)),
                            peer.incompatible->detail);
    if (!gives_up && due && *due > now)
      text += fmt::format("; tried again at {}", timestamp(*due));
    return text;
  }
  if (!due)
    return "no address is known";
  return *due > now ? why_wait(peer, *due) : "may be dialed";
}

} // namespace

peer_outlook outlook(const stored_peer& peer, bool configured, wall_time now) {
  peer_outlook result;
  const auto gives_up = peer.incompatible && !configured;
  std::optional<wall_time> due;
  if (!peer.addresses.empty()) {
    result.failures = least_failures(peer);
    due = std::max(first_due(peer).retry_at.value_or(wall_time{}),
                   peer.dialable_at.value_or(wall_time{}));
  }
  result.why = why(peer, gives_up, due, now);
  if (gives_up)
    return result;
  if (due && peer.ban)
    due = std::max(*due, peer.ban->until);
  result.next_attempt = due;
  return result;
}

} // namespace troupe::command
