// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/option_pages.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace troupe::command {

namespace {

constexpr size_t columns = 80;

/// Where the text of help begins.
constexpr size_t help_column = 32;

/// Breaks text at blanks, so that no line is longer than `width` but for a word
/// that is.
std::vector<std::string> wrap(std::string_view text, size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    auto& line = lines.back();
    if (line.empty())
      line = word;
    else if (line.size() + 1 + word.size() <= width)
      line.append(" ").append(word);
    else
      lines.emplace_back(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// `--max-peers N`
std::string usage_of(const option_info& info) {
  const auto value = placeholder_of(info);
  return fmt::format("--{}{}{}", info.name, value.empty() ? "" : " ", value);
}

std::string with_unit(const listed_option& option) {
  auto text = print_option(option.initial);
  if (!text.empty() && !option.info->unit.empty())
    text += fmt::format(" {}", option.info->unit);
  return text;
}

bool is_zero(const option_value& value) {
  return value == option_value{uint64_t{0}} || value == option_value{0.0};
}

/// `default: 64; 0: no limit`, or nothing.
std::string default_of(const listed_option& option) {
  const auto& [info, initial] = option;
  if (info->type == option_type::flag)
    return {};
  if (!info->zero.empty() && is_zero(initial))
    return fmt::format("default: 0, {}", info->zero);
  std::string result;
  if (const auto text = with_unit(option); !text.empty())
    result = "default: " + text;
  if (!info->zero.empty())
    result += fmt::format("; 0: {}", info->zero);
  return result;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    result.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

/// Calls `begin` before the first option of each group.
template <class Begin, class Each>
void by_group(const std::vector<listed_option>& options, Begin begin,
              Each each) {
  std::string_view group;
  for (const auto& option : options) {
    if (option.info->group != group)
      begin(group = option.info->group);
    each(option);
  }
}

std::string for_table(std::string_view text) {
  std::string result;
  for (auto c : text) {
    if (c == '|' || c == '<' || c == '*')
      result += '\\';
    result += c;
  }
  return result;
}

/// Escapes what man would take for its own.
std::string for_man(std::string_view text) {
  std::string result;
  for (auto c : text)
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
  return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result
                                                             : result;
}

/// Escapes what the syntax of CAF's configuration files wants escaped.
std::string escaped(std::string_view text) {
  std::string result;
  for (auto c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result;
}

/// A value as it stands in a configuration file.
std::string config_value_of(const option_info& info, const std::string& text) {
  switch (info.type) {
    case option_type::list: {
      std::vector<std::string> items;
      for (const auto& item : split_list(text))
        items.push_back(fmt::format("\"{}\"", escaped(item)));
      return fmt::format("[{}]", fmt::join(items, ", "));
    }
    case option_type::text:
    case option_type::word:
      return fmt::format("\"{}\"", escaped(text));
    default:
      return text;
  }
}

} // namespace

std::string help_entry(std::string_view left, std::string_view text) {
  auto result = fmt::format("  {}", left);
  auto at = result.size();
  for (const auto& line : wrap(text, columns - help_column)) {
    if (at + 2 > help_column) {
      result += '\n';
      at = 0;
    }
    result += std::string(help_column - at, ' ') + line;
    at = columns;
  }
  return result + '\n';
}

std::string help_of(const std::vector<listed_option>& options) {
  std::string result;
  by_group(
      options,
      [&](std::string_view group) { result += fmt::format("\n{}\n", group); },
      [&](const listed_option& option) {
        auto text = std::string{option.info->help};
        if (const auto more = default_of(option); !more.empty())
          text += fmt::format(" ({})", more);
        result += help_entry(usage_of(*option.info), text);
      });
  return result;
}

std::string markdown_of(const std::vector<listed_option>& options) {
  std::string result
      = "# Options of a node\n\n"
        "On the command line of `troupe start` as `--name value`, "
        "in `troupe.conf` and in the\n`troupe` group of a CAF "
        "program as `name = value`, in the environment as\n"
        "`TROUPE_NAME`. Those marked with \u21bb can be changed "
        "while a node runs.\n";
  by_group(
      options,
      [&](std::string_view group) {
        result += fmt::format("\n## {}\n\n| option | value | default | what it "
                              "does | CometBFT |\n|---|---|---|---|---|\n",
                              group);
      },
      [&](const listed_option& option) {
        const auto& info = *option.info;
        auto text = std::string{info.help};
        if (!info.zero.empty())
          text += fmt::format("; 0: {}", info.zero);
        if (!info.documentation.empty())
          text += fmt::format(". {}", info.documentation);
        auto initial = with_unit(option);
        if (!initial.empty())
          initial = fmt::format("`{}`", initial);
        std::vector<std::string> names;
        for (auto word : words_of(info.cometbft))
          names.push_back(fmt::format("`{}`", word));
        result += fmt::format("| `{}`{} | {} | {} | {} | {} |\n", info.name,
                              info.at_run_time ? " \u21bb" : "",
                              for_table(expected_of(info)), initial,
                              for_table(text), fmt::join(names, ", "));
      });
  return result;
}

std::string json_of(const std::vector<listed_option>& options) {
  auto result = nlohmann::ordered_json::array();
  constexpr std::string_view types[]
      = {"text", "word", "list", "boolean", "flag", "count", "number", "time"};
  for (const auto& [info, initial] : options)
    result.push_back({{"name", info->name},
                      {"group", info->group},
                      {"type", types[static_cast<size_t>(info->type)]},
                      {"default", print_option(initial)},
                      {"unit", info->unit},
                      {"expected", expected_of(*info)},
                      {"zero", info->zero},
                      {"help", info->help},
                      {"documentation", info->documentation},
                      {"cometbft", words_of(info->cometbft)},
                      {"at_run_time", info->at_run_time}});
  return result.dump(2) + '\n';
}

std::string man_of(const std::vector<listed_option>& options) {
  std::string result = R"(.TH TROUPE 1 "" "Troupe" "User Commands"
.SH NAME
troupe \- a node of a CometBFT network, for the command line
.SH SYNOPSIS
.B troupe
.I SUBCOMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
.B troupe init
makes a home,
.B troupe start
runs a node there,
.B troupe ctl
steers it while it runs.
.B troupe \-\-help
lists all subcommands, and each of them its own options with
.BR \-\-help .
.SH EXIT STATUS
0 on success, 1 on a failure of the work, 2 on bad usage.
.SH OPTIONS OF TROUPE START
Each can stand in
.I HOME/config/troupe.conf
without its dashes, and in the environment in upper case, as
.BR TROUPE_MAX_PEERS .
The command line wins, then the environment. The names that CometBFT has for
an option are understood as well.
)";
  by_group(
      options,
      [&](std::string_view group) {
        result += fmt::format(".SS {}\n", for_man(group));
      },
      [&](const listed_option& option) {
        const auto& info = *option.info;
        auto text = fmt::format("{}.", info.help);
        if (!info.documentation.empty())
          text += fmt::format(" {}", info.documentation);
        if (const auto more = default_of(option); !more.empty())
          text += fmt::format(" ({})", more);
        if (!info.cometbft.empty())
          text += fmt::format(" CometBFT: {}.",
                              fmt::join(words_of(info.cometbft), ", "));
        if (info.at_run_time)
          text += " Can be changed while a node runs.";
        result += fmt::format(".TP\n.B {}\n{}\n", for_man(usage_of(info)),
                              for_man(text));
      });
  return result + R"(.SH FILES
.TP
.I HOME/config/troupe.conf
the options of the node
.TP
.I HOME/config/node_key.json
its key, in CometBFT's format
.TP
.I HOME/data/peers.db
what it remembers about its peers
.TP
.I HOME/ctl.sock
where it can be steered while it runs
.SH SIGNALS
SIGINT and SIGTERM end a node in good order.
)";
}

std::string bash_completion_of(const std::vector<listed_option>& options,
                               const std::vector<std::string_view>& commands) {
  std::string names;
  std::string values;
  for (const auto& [info, initial] : options) {
    names += fmt::format(" --{}", info->name);
    auto words = info->words;
    if (info->type == option_type::boolean)
      words = {"true", "false"};
    if (!words.empty())
      values += fmt::format("    --{}) COMPREPLY=($(compgen -W '{}' -- "
                            "\"$word\")); return ;;\n",
                            info->name, fmt::join(words, " "));
  }
  return fmt::format(R"(# Completions of troupe for bash.
_troupe() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  local command=${{COMP_WORDS[1]}} names
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$word"))
    return
  fi
  case $before in
    --home | --ctl-socket | --import | --export | --from | --out | --html)
      compopt -o filenames
      COMPREPLY=($(compgen -f -- "$word"))
      return ;;
{}  esac
  case $command in
    start) names='--home{} --help' ;;
    *) names=$(troupe "$command" --help 2>/dev/null | grep -o '^  --[a-z-]*') ;;
  esac
  COMPREPLY=($(compgen -W "$names" -- "$word"))
}}
complete -F _troupe troupe
)",
                     fmt::join(commands, " "), values, names);
}

std::string config_file_of(const std::vector<listed_option>& options,
                           const std::vector<chosen_option>& chosen) {
  std::string result
      = "# Options of 'troupe start'. The environment, TROUPE_NAME, wins over "
        "this file, and\n# the command line over both. A line that is "
        "commented "
        "out shows the default.\n\ntroupe {\n";
  by_group(
      options,
      [&](std::string_view group) {
        result += fmt::format("{}  # -- {} {}\n",
                              result.ends_with("{\n") ? "" : "\n", group,
                              std::string(columns - 8 - group.size(), '-'));
      },
      [&](const listed_option& option) {
        const auto& info = *option.info;
        auto text = std::string{info.help};
        if (!info.zero.empty())
          text += fmt::format("; 0: {}", info.zero);
        if (!info.documentation.empty())
          text += fmt::format(". {}", info.documentation);
        if (!info.unit.empty())
          text = fmt::format("{} ({})", text, info.unit);
        result += '\n';
        for (const auto& line : wrap(text, columns - 4))
          result += fmt::format("  # {}\n", line);
        const auto given
            = std::ranges::find(chosen, info.name, &chosen_option::name);
        const auto is_given = given != chosen.end();
        result += fmt::format(
            "  {}{} = {}\n", is_given ? "" : "# ", info.name,
            config_value_of(info, is_given ? given->value
                                           : print_option(option.initial)));
      });
  return result + R"(}

# CAF's own options are welcome here as well.
# caf {
#   scheduler {
#     max-threads = 4
#   }
# }
)";
}

} // namespace troupe::command
