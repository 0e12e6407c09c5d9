// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "troupe/actors/pex/pex_dialect.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/proto/pex.pb.h"

// What peers tell each other about addresses, on the wire (spec p2p, "Peer
// exchange"; `proto/pex.proto`), and as addresses.

namespace troupe {

/// The channel of peer exchange.
inline constexpr channel_id pex_channel = 0x00;

/// Most addresses that we send. Tendermint 0.35 takes more for a mistake.
inline constexpr size_t pex_send_max = 100;

/// Most bytes that we send: what Tendermint 0.35.6 and later take.
inline constexpr size_t pex_send_bytes_max = 25'600;

/// Most addresses that we accept: what CometBFT sends.
inline constexpr size_t pex_accept_max = 250;

/// Most bytes that we accept, as CometBFT does.
inline constexpr size_t pex_accept_bytes_max = 64'000;

/// Returns what to speak with a node that says it has that version, in its node
/// info: URLs only if it is Tendermint 0.35 or Troupe.
pex_dialect pex_dialect_of(std::string_view version);

/// What a list of addresses says.
struct pex_list {
  /// In the order of the list, whatever they lead to.
  std::vector<node_address> addresses = {};

  /// Entries that are no address, which is no reason to lose the others.
  size_t skipped = 0;
};

/// Reads a list of addresses.
/// @returns `malformed_message` if it does what no node of any release does:
///          more than `pex_accept_max` entries, and in the legacy dialect
///          something else than an IP address, or a port above 65535. The
///          context says which entry.
result<pex_list> read_pex(const p2p::PexResponse& list);
result<pex_list> read_pex(const p2p::PexResponseV2& list);

/// Returns a question for addresses.
p2p::PexMessage make_pex_request(pex_dialect how);

/// Returns a list of addresses, in the same order. Left out is what the dialect
/// cannot express, host names and other protocols than TCP in the legacy one:
/// nobody looks up names to answer a question. Left out is, too, what would
/// make the list larger than `pex_send_max` and `pex_send_bytes_max`.
p2p::PexMessage make_pex_response(pex_dialect how,
                                  std::span<const node_address> addresses);

} // namespace troupe
