// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/peer_ledger.hpp"
#include "troupe/peerstore/rules/peer_manager_options.hpp"
#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/peerstore/store/stored_conversion.hpp"

namespace troupe {

/// Takes over what a store holds, and says what the store has to change to
/// catch up.
///
/// The times in a store are of one clock. When that was set right, they are
/// wrong, all of them, and everything is written anew.
class record_keeper {
public:
  record_keeper(const node_id& own, const peer_manager_options& options)
    : own_(own),
      options_(options) {}

  /// Takes peers over, before anything else happens. Our own ID, which others
  /// may have had before us, is erased from the store.
  /// @returns what broke a rule and was skipped, a line each.
  std::vector<std::string> load(const std::vector<stored_peer>& peers,
                                peer_ledger& state, wall_time wall_now);

  /// Takes over the secret of the book.
  void load_secret(std::string_view secret, peer_ledger& state);

  /// Returns what a store has to change, since the last call.
  store_changes take_changes(peer_ledger& state, wall_time wall_now);

private:
  void restore(const stored_peer& stored, peer_ledger& state,
               const clock_pair& clocks, std::vector<std::string>& problems);
  static void restore_place(const stored_peer& stored, peer_ledger& state);
  void restore_ban(const stored_peer& stored, peer_ledger& state,
                   const clock_pair& clocks);

  node_id own_;
  peer_manager_options options_;
  /// Whether the store has the secret of the book.
  bool secret_stored_ = false;
  /// The clocks as they were when we last wrote down, or read, a time.
  std::optional<clock_pair> clocks_;
};

} // namespace troupe
