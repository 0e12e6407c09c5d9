// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/node_address.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"

namespace troupe::command {

/// A peer and one of its addresses, as programs pass them on in files. A time
/// that never came is absent.
struct book_entry {
  node_address address = {};

  /// Failed dials since the last success.
  uint32_t attempts = 0;

  std::optional<wall_time> last_attempt = {};
  std::optional<wall_time> last_success = {};
  std::optional<wall_time> banned_until = {};

  friend bool operator==(const book_entry&, const book_entry&) = default;
};

/// The largest file that is read, in bytes.
inline constexpr size_t address_book_size_max = size_t{64} << 20;

/// Most entries of one file.
inline constexpr size_t address_book_entries_max = 100'000;

/// Reads an address book: CometBFT's `addrbook.json`, if it begins with a
/// brace, or else a list.
/// @returns `invalid_option`; the context says which line or entry, and what
/// was
///          expected.
result<std::vector<book_entry>> parse_address_book(std::string_view text);

/// Reads a list: one `[mconn://]ID@HOST[:PORT]` a line; blank lines count for
/// nothing, and neither does what is behind `#`.
result<std::vector<book_entry>> parse_peer_list(std::string_view text);

/// Reads CometBFT's `addrbook.json`.
result<std::vector<book_entry>> parse_addrbook_json(std::string_view text);

/// Prints a list.
std::string print_peer_list(const std::vector<book_entry>& entries);

/// Whether an `addrbook.json` can have that address: it knows IP addresses
/// only.
bool fits_addrbook_json(const node_address& address);

/// Prints an `addrbook.json` that CometBFT reads: entries that have had a
/// success are in its old buckets, the others in the new ones. Leaves out those
/// that do not fit.
/// @param key 24 hexadecimal digits, under which CometBFT chooses the buckets
/// of
///        what it adds later.
std::string print_addrbook_json(const std::vector<book_entry>& entries,
                                std::string_view key);

} // namespace troupe::command
