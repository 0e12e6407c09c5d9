// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor_system_config.hpp>

#include "troupe/messages/errc.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/listed_option.hpp"

namespace troupe::command {

/// The options of a subcommand, in CAF's option system. A subclass adds its own
/// to the group "?troupe": `--listen` on the command line, `troupe.listen` in
/// the configuration file, `TROUPE_LISTEN` in the environment. CAF's own
/// options
/// (`--caf.scheduler.max-threads=2`) are there, too.
///
/// CAF by itself takes what it knows and leaves the rest to the program; here
/// everything that it does not know is refused.
class command_config : public caf::actor_system_config {
public:
  /// @param usage what stands behind `troupe` on the help's first line.
  explicit command_config(std::string_view usage);

  /// Applies the command line: `--name=value`, `--name value` or `--flag`, and
  /// `operands` words besides, up to `operands_max` of them. What CometBFT
  /// calls an option with a row is as good as our name.
  /// @returns `invalid_option`, the context names the option, the value and
  ///          what was expected.
  failure read_arguments(const words& arguments, size_t operands = 0,
                         size_t operands_max = 0);

  /// Applies `TROUPE_NAME` for each option `--name`.
  /// @returns `invalid_option`, the context names the variable.
  failure read_environment();

  /// What all subcommands begin with: reads the environment and the command
  /// line, complains about what is wrong with them, and gives help to who asks
  /// for it, with `more_help` behind the options.
  /// @returns the exit status, if there is nothing left to do.
  [[nodiscard]] std::optional<int> begin(const words& arguments,
                                         size_t operands = 0,
                                         size_t operands_max = 0,
                                         std::string_view more_help = {});

  /// Applies a configuration file, then the environment and the command line
  /// once more, which win.
  /// @returns `invalid_option`, the context names the file and the line.
  failure read_file(const std::filesystem::path& path, const words& arguments);

  /// Whether the command line asks for help.
  [[nodiscard]] bool wants_help() const noexcept {
    return wants_help_;
  }

  [[nodiscard]] std::string help() const;

  /// The words that are not options.
  [[nodiscard]] const words& operands() const noexcept {
    return operands_;
  }

protected:
  /// Where a subclass adds its options.
  opt_group options() {
    return opt_group{custom_options_, "?troupe"};
  }

  /// Adds options that have rows. They are read and checked as these say, and
  /// found in `content` as text.
  void add(std::vector<listed_option> rows);

private:
  failure apply(std::string_view word, const std::string* next, size_t& used);
  /// The row of an option; null if it has none.
  [[nodiscard]] const option_info* row_of(std::string_view name) const;
  /// Finds what somebody means by a name, without or with `troupe.`.
  [[nodiscard]] const caf::config_option* find(std::string_view name) const;
  /// What to add to the complaint that there is no such option.
  [[nodiscard]] std::string advice(std::string_view name,
                                   std::string_view prefix) const;
  /// Sets an option. Says what is wrong, if anything.
  std::string assign(const caf::config_option& option, const std::string& text);

  std::string usage_;
  words operands_;
  std::vector<listed_option> rows_;
  bool wants_help_ = false;
};

/// Puts the name of the option in front of what `validate(node_options)` says.
std::string as_option(const failure& what);

} // namespace troupe::command
