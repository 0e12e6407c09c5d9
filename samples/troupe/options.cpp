// SPDX-License-Identifier: Apache-2.0
//
// troupe options
#include <iostream>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/nearest_name.hpp"
#include "troupe/samples/troupe/option_pages.hpp"
#include "troupe/samples/troupe/start_options.hpp"

namespace troupe::command {

namespace {

struct options_config : command_config {
  options_config() : command_config("options [--format text]") {
    options().add(format, "format",
                  "text, markdown, json, man, bash-completion or config, which "
                  "is a configuration file with all defaults; default: text");
  }

  std::string format = "text";
};

struct page {
  std::string_view format;
  std::string (*print)(const std::vector<listed_option>&);
};

std::string completion(const std::vector<listed_option>& options) {
  return bash_completion_of(options, subcommand_names());
}

std::string configuration(const std::vector<listed_option>& options) {
  return config_file_of(options, {});
}

constexpr page pages[] = {
    {"text", help_of},         {"markdown", markdown_of},
    {"json", json_of},         {"man", man_of},
    {"config", configuration}, {"bash-completion", completion},
};

} // namespace

int run_options(const words& arguments) {
  options_config config;
  if (auto status = config.begin(arguments))
    return *status;
  std::vector<std::string_view> formats;
  for (const auto& [format, print] : pages) {
    if (format == config.format) {
      std::cout << print(all_start_options());
      return success;
    }
    formats.push_back(format);
  }
  return complain(bad_usage, fmt::format("option --format: {} is not {}{}",
                                         troupe::quoted(config.format),
                                         fmt::join(formats, " or "),
                                         did_you_mean(config.format, formats)));
}

} // namespace troupe::command
