// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/peerstore/store/sqlite_database.hpp"
#include "troupe/peerstore/store/store_limits.hpp"

namespace troupe {

/// A row that means nothing to us: of `addresses` if there is a position, else
/// of `peers`.
struct bad_row {
  std::string peer;
  std::optional<int64_t> position;
};

/// What `read_peers` found.
struct peers_read {
  std::vector<stored_peer> peers;

  /// At most `bad_rows_max`.
  std::vector<bad_row> bad_rows;
};

/// Most bad rows of one load that are noted.
inline constexpr size_t bad_rows_max = 10'000;

/// Reads all peers as they were at one instant, whoever writes meanwhile.
/// Skips rows that break a rule and tells `problems` about them.
result<peers_read> read_peers(sqlite_database& db, problem_list& problems);

/// The prepared statements that change peers. They begin and end no
/// transaction.
class sqlite_peer_writer {
public:
  static result<sqlite_peer_writer> make(sqlite_database& db);

  failure put(const stored_peer& peer);

  failure erase(const node_id& id);

  failure erase(const bad_row& row);

private:
  failure erase_peer(std::string_view id);

  sqlite_statement erase_peer_;
  sqlite_statement erase_addresses_;
  sqlite_statement erase_address_;
  sqlite_statement put_peer_;
  sqlite_statement put_address_;
};

} // namespace troupe
