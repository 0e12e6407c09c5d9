// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// How an option is written, and what of `option_value` it holds.
enum class option_type : uint8_t {
  /// Any text: `std::string`.
  text,
  /// One of some words: `std::string`.
  word,
  /// Texts with commas between, or in brackets as in a configuration file:
  /// `std::vector<std::string>`.
  list,
  /// `true` or `false`, which has to be said: `bool`.
  boolean,
  /// `false`, and `true` by its name alone: `bool`.
  flag,
  /// A whole number: `uint64_t`.
  count,
  /// A number: `double`.
  number,
  /// A time like `500ms`, `5s`, `2min` or `1h`: `duration`.
  time,
};

/// What an option can be.
using option_value = std::variant<std::string, std::vector<std::string>, bool,
                                  uint64_t, double, duration>;

/// All there is to know about an option, whatever it sets.
struct option_info {
  /// With dashes: `max-peers`. The field of a struct has underscores.
  std::string_view name;

  /// Under which heading it stands.
  std::string_view group;

  option_type type = option_type::text;

  /// Stands for a value in help: `ID@HOST:PORT,...`. Empty: what the type says.
  std::string_view placeholder = {};

  /// Of a number: `bytes`, `bytes a second`.
  std::string_view unit = {};

  /// One line, without a full stop.
  std::string_view help;

  /// Whole sentences, for those who read more. May be empty.
  std::string_view documentation = {};

  /// The smallest and the largest value, of the alternative that the type has.
  std::optional<option_value> least = {};
  std::optional<option_value> most = {};

  /// What 0 means of a count or number: `no limit`. It can be written as `none`
  /// then. Empty: a 0 like others.
  std::string_view zero = {};

  /// What a `word` can be.
  std::vector<std::string_view> words = {};

  /// Checks a text, or each item of a list. Null: whatever there is. The
  /// context says what is wrong and quotes it.
  failure (*check)(std::string_view text) = nullptr;

  /// What Tendermint and CometBFT call it, the usual name first, with blanks
  /// between: `max_num_inbound_peers`.
  std::string_view cometbft = {};

  /// Whether a node takes a new value while it runs.
  bool at_run_time = false;
};

/// Reads and checks what somebody wrote, wherever he did.
/// @returns the value; or what `info.check` returned, or `invalid_option`,
/// whose
///          context begins with the text in quotes: `"x" is not a number`.
result<option_value> read_option(const option_info& info,
                                 std::string_view text);

/// Checks a value that a program made.
/// @returns `none`, or what is wrong, behind the name of the field:
///          `max_dials: is 0, expected a number of at least 1`.
failure check_option(const option_info& info, const option_value& value);

/// Returns the text that `read_option` reads.
std::string print_option(const option_value& value);

/// Returns what is expected of a value: `a number from 1 to 32`.
std::string expected_of(const option_info& info);

/// Returns what stands for a value in help: `N`, `TIME`, `true|false`.
std::string placeholder_of(const option_info& info);

/// Returns the name of the field: `max_peers`.
std::string field_name(std::string_view option_name);

/// Splits a list at its commas, without blanks around, or takes one as it
/// stands in a configuration file: `["a", "b"]`.
std::vector<std::string> split_list(std::string_view list);

/// Whether somebody who writes `name` means this option: dashes are as good as
/// underscores, and CometBFT's word as ours.
bool is_called(const option_info& info, std::string_view name);

} // namespace troupe
