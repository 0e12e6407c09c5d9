// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/peerstore/store/stored_peer.hpp"

namespace troupe {

/// Most peers that `load` returns. A million takes about 1 GB.
inline constexpr size_t stored_peers_max = 1'000'000;

/// Most addresses of one peer. Those that became known last are left out.
inline constexpr size_t stored_addresses_max = 64;

/// Size of the secret of a book, in hexadecimal digits.
inline constexpr size_t stored_secret_size = 32;

/// Whether a text can be such a secret: `stored_secret_size` lower-case
/// hexadecimal digits.
bool is_stored_secret(std::string_view text);

/// Longest reason or detail, in bytes. The rest is cut off.
inline constexpr size_t stored_text_size_max = 512;

/// Most lines of `store_contents::problems`; the last one then says how many
/// there are besides.
inline constexpr size_t store_problems_max = 100;

/// The earliest time that is stored; the latest is the end of the year 9999.
/// Other times are moved there, so that all can be printed.
inline constexpr wall_time stored_time_min{};

/// The latest time that is stored.
inline constexpr wall_time stored_time_max{
    std::chrono::milliseconds{253'402'300'799'999}};

/// Returns what a store keeps for an address: a text that parses back to the
/// same address. Unlike `to_string`, it has an IPv6 address in brackets even if
/// there is no port. Empty if there is no such text of at most
/// `node_address::max_text_size` bytes.
std::string to_stored_text(const node_address& x);

/// Cuts a peer to the bounds above, and leaves out addresses that have no
/// stored text.
void cut_to_limits(stored_peer& x);

/// Checks what only a bug can break: each ID is there, and once; and a peer's
/// addresses bear its ID.
/// @returns `store_failed`, the context names the peer; or `none`.
failure validate(const store_changes& changes);

/// Adds a line unless there are too many already, and counts those that were
/// left out.
class problem_list {
public:
  void add(std::string line);

  /// Returns the lines, and starts anew.
  std::vector<std::string> take();

private:
  std::vector<std::string> lines_;
  size_t omitted_ = 0;
};

} // namespace troupe
