// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "troupe/messages/node_key.hpp"
#include "troupe/messages/result.hpp"

namespace troupe::command {

/// Reads a path as an operator writes it: `~` and what is behind `~/` are in
/// the operator's own folder.
std::filesystem::path own_path(const std::string& text);

/// Tells whether nothing has that name, not even a link to nowhere. What this
/// process may not look at is there: whoever opens it hears why.
bool is_missing(const std::filesystem::path& path);

/// The folder that holds what a node keeps between its runs. `node_key.json` is
/// where CometBFT has it, so that both programs can share a home.
struct home {
  /// @param text as for `own_path`.
  explicit home(const std::string& text) : folder(own_path(text)) {}

  std::filesystem::path folder;

  [[nodiscard]] std::filesystem::path key_file() const {
    return folder / "config" / "node_key.json";
  }

  [[nodiscard]] std::filesystem::path config_file() const {
    return folder / "config" / "troupe.conf";
  }

  /// What a node remembers about its peers.
  [[nodiscard]] std::filesystem::path store_file() const {
    return folder / "data" / "peers.db";
  }

  /// Where a running node can be steered.
  [[nodiscard]] std::filesystem::path control_socket() const {
    return folder / "ctl.sock";
  }

  /// Loads the key.
  /// @returns `file_error` or `invalid_key`; the context names the file.
  [[nodiscard]] result<node_key> load_key() const;

  /// Says so if others than the owner can read the key. Empty if not.
  [[nodiscard]] std::string key_warning() const;

  /// Says so if the home belongs to somebody else, as one does that a service
  /// has: its node cannot read what this user makes in it. Empty if not.
  [[nodiscard]] std::string owner_warning() const;
};

/// Complains about an option `--home` that is missing or has a `~` that is not
/// ours.
/// @returns the exit status, if so.
std::optional<int> refuse_without_home(const std::string& folder);

} // namespace troupe::command
