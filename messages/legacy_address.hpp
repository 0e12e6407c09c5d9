// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// `ID@HOST:PORT`, how Tendermint 0.34 and CometBFT write an address, in node
/// infos and in the legacy peer exchange (spec p2p, "NetAddress").
///
/// The host stays text. CometBFT looks it up while parsing; doing so would let
/// any peer make us query names of its choice.
struct legacy_address {
  node_id id = {};

  /// IP address without brackets, or DNS name, as written.
  std::string host = {};

  uint16_t port = 0;

  /// Parses `[ANYTHING://]ID@HOST:PORT`. Takes the ID in any case.
  /// @returns `invalid_address`, the context names the part.
  static result<legacy_address> parse(std::string_view text);

  /// The host, if it is an IP address.
  [[nodiscard]] std::optional<ip_address> ip() const;

  /// Has an ID, and an IP address that can belong to a host: not unspecified,
  /// not broadcast, not in the documentation network.
  [[nodiscard]] bool is_valid() const;

  /// Has an IP address that leads to this very machine.
  [[nodiscard]] bool is_local() const;

  /// Can be dialed from everywhere: valid, not local, and in none of the
  /// private and link-local networks.
  [[nodiscard]] bool is_routable() const;

  friend auto operator<=>(const legacy_address&, const legacy_address&)
      = default;
  friend bool operator==(const legacy_address&, const legacy_address&)
      = default;
};

/// Returns `ID@HOST:PORT`, an IP address in its canonical form and an IPv6
/// address in brackets. Without an ID, the `ID@` part is left out.
std::string to_string(const legacy_address& x);

} // namespace troupe
