// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "troupe/messages/result.hpp"
#include "troupe/samples/troupe/option_pages.hpp"

namespace troupe::command {

/// What the configuration of a CometBFT or Tendermint node says to us.
struct taken_home {
  /// Our options, in the order in which its file has them, without those that
  /// are by default here.
  std::vector<chosen_option> options;

  /// What became of each that says something: `p2p.laddr: listen =
  /// "mconn://..."`, or why nothing.
  std::vector<std::string> notes;

  /// Where its key and its address book are.
  std::filesystem::path key_file;
  std::filesystem::path book_file;
};

/// Reads a `config.toml`, and the name of the network from the genesis file
/// that it names.
/// @param where the file, the folder that it is in, or the home.
/// @returns `invalid_option` or `file_error`, the context names the file and
///          the line or the key.
result<taken_home> read_cometbft_home(const std::filesystem::path& where);

/// Reads a time as Go writes it, `1m30s` for example.
/// @returns what `option_type::time` reads; empty if it is none.
std::string time_from_go(std::string_view text);

} // namespace troupe::command
