// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <caf/config_option_adder.hpp>
#include <caf/settings.hpp>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/node/option_info.hpp"
#include "troupe/actors/node/option_row.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

// A node in the configuration of a program:
//
//     struct config : caf::actor_system_config {
//       config() {
//         troupe::add_options(opt_group{custom_options_, "troupe"});
//         troupe::put_default_options(content); // for --dump-config
//       }
//     };
//
//     void caf_main(caf::actor_system& sys, const config& cfg) {
//       auto options = troupe::options_from(content(cfg));
//       if (!options)
//         return complain(to_string(options.error()));
//       auto node = troupe::spawn_node(sys, std::move(*options));
//     }
//
// The program then has `--troupe.max-peers=100` on its command line, the same
// in its configuration file, and all of it in `--help`.

/// Adds a node's options (`option_table`) to a group of a program's, and
/// `node-key-file`. A category `?troupe` takes `--max-peers` besides
/// `--troupe.max-peers`.
void add_options(caf::config_option_adder group);

/// Sets each of these options that is not set to its default, so that
/// `--dump-config` shows it.
void put_default_options(caf::settings& values,
                         std::string_view group = "troupe");

/// Makes options of what `group` of a configuration has; what it has not, is as
/// by default.
/// @returns `invalid_option` or what `validate(node_options)` found; the
///          context names the option, the value and what was expected.
result<node_options> options_from(const caf::settings& values, node_key key,
                                  std::string_view group = "troupe");

/// The same with the key of the file that `node-key-file` names, in CometBFT's
/// format. Where there is none, one is made. Reads and writes on the calling
/// thread.
/// @returns also `file_error` and `invalid_key`; and `invalid_option` if no
///          file is named.
result<node_options> options_from(const caf::settings& values,
                                  std::string_view group = "troupe");

// -- for programs with rows of their own --------------------------------------

/// Adds one option to a group.
void add_option(caf::config_option_adder& group, const option_info& info,
                const option_value& initial);

/// Sets an option that is not set.
void put_default_option(caf::settings& values, std::string_view group,
                        const option_info& info, const option_value& initial);

/// Returns what is set for an option, nothing if it is not.
/// @returns `invalid_option`, the context names the option with its group.
result<std::optional<option_value>>
find_option_value(const caf::settings& values, std::string_view group,
                  const option_info& info);

/// Overwrites each field of `to` that has an option that is set.
/// @returns what `find_option_value` found first.
template <class Options, class Rows>
failure apply_settings(const Rows& rows, const caf::settings& values,
                       std::string_view group, Options& to) {
  for (const option_row<Options>& row : rows) {
    const auto value = find_option_value(values, group, row);
    if (!value)
      return value.error();
    if (*value)
      row.set(to, **value);
  }
  return {};
}

/// What is left to do when fields of a node are set: makes the rest fit. An
/// operator who wants more connections need not know how many addresses we
/// remember for that.
void fit_options(node_options& options);

} // namespace troupe
