// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// What a reactor saw a peer do. Values are stable: append only. What each kind
/// is worth stands in `peerstore/peer_score.hpp`.
enum class peer_behaviour : uint8_t {
  // -- good -------------------------------------------------------------------

  /// It sent something that we could use.
  useful_message,
  /// It sent a block, or another large piece of what we needed.
  useful_block,
  /// It answered a request of ours.
  served_request,
  /// Its connection lasted.
  stable_connection,

  // -- bad --------------------------------------------------------------------

  /// It sent what everybody knows already.
  useless_message,
  /// It did not answer a request in time.
  timeout,
  /// It named an address that leads to nobody.
  bad_address,
  /// It sent an answer that nobody had asked for.
  unsolicited,
  /// It sent a message that cannot be parsed or breaks a rule.
  bad_message,
  /// It sends or asks for more than is allowed.
  spam,

  // -- fatal: the connection ends at once -------------------------------------

  /// It did what no correct node does.
  protocol_violation,
  /// It sent a block, or another piece, that is provably false.
  false_proof,
};

/// Number of kinds.
inline constexpr size_t peer_behaviour_count = 12;

/// Returns the name as it stands in the source.
inline std::string to_string(peer_behaviour x) {
  constexpr std::array<std::string_view, peer_behaviour_count> names = {
      "useful_message",     "useful_block",
      "served_request",     "stable_connection",
      "useless_message",    "timeout",
      "bad_address",        "unsolicited",
      "bad_message",        "spam",
      "protocol_violation", "false_proof",
  };
  auto index = static_cast<size_t>(x);
  return std::string{index < names.size() ? names[index] : "unknown"};
}

template <class Inspector>
bool inspect(Inspector& f, peer_behaviour& x) {
  auto get = [&x] { return static_cast<uint8_t>(x); };
  auto set = [&x](uint8_t value) {
    x = static_cast<peer_behaviour>(value);
    return value < peer_behaviour_count;
  };
  return f.apply(get, set);
}

} // namespace troupe
