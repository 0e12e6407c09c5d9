// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <caf/actor_system_config.hpp>

#include "troupe/messages/errc.hpp"
#include "troupe/samples/troupe/commands.hpp"

namespace troupe::command {

/// The options of a subcommand, in CAF's option system. A subclass adds its own
/// to the group "?troupe": `--listen` on the command line, `troupe.listen` in
/// the configuration file. CAF's own options (`--caf.scheduler.max-threads=2`)
/// are there, too.
///
/// CAF by itself takes what it knows and leaves the rest to the program; here
/// everything that it does not know is refused.
class command_config : public caf::actor_system_config {
public:
  /// @param usage what stands behind `troupe` on the help's first line.
  explicit command_config(std::string_view usage);

  /// Applies the command line: `--name=value`, `--name value` or `--flag`, and
  /// `operands` words besides, up to `operands_max` of them.
  /// @returns `invalid_option`, the context names the option, the value and
  ///          what was expected.
  failure read_arguments(const words& arguments, size_t operands = 0,
                         size_t operands_max = 0);

  /// What all subcommands begin with: reads the command line, complains about
  /// what is wrong with it, and gives help to who asks for it, with `more_help`
  /// behind the options.
  /// @returns the exit status, if there is nothing left to do.
  [[nodiscard]] std::optional<int> begin(const words& arguments,
                                         size_t operands = 0,
                                         size_t operands_max = 0,
                                         std::string_view more_help = {});

  /// Applies a configuration file, then the command line once more, which wins.
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

private:
  failure apply(std::string_view word, const std::string* next, size_t& used);
  /// Sets an option. Says what is wrong, if anything.
  std::string assign(const caf::config_option& option, const std::string& text);

  std::string usage_;
  words operands_;
  bool wants_help_ = false;
};

/// Puts the name of the option in front of what `validate(node_options)` says.
std::string as_option(const failure& what);

} // namespace troupe::command
