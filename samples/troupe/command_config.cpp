// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/command_config.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <map>
#include <thread>

#include <fmt/format.h>

#include <caf/config_option.hpp>
#include <caf/config_option_set.hpp>
#include <caf/config_value.hpp>
#include <caf/io/middleman.hpp>
#include <caf/settings.hpp>
#include <caf/timespan.hpp>

#include "troupe/actors/node/option_settings.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/samples/troupe/caf_options.hpp"
#include "troupe/samples/troupe/config_file.hpp"
#include "troupe/samples/troupe/foreign_names.hpp"
#include "troupe/samples/troupe/nearest_name.hpp"
#include "troupe/samples/troupe/option_pages.hpp"

namespace troupe::command {

namespace {

namespace fs = std::filesystem;

failure refuse(std::string what) {
  return {errc::invalid_option, std::move(what)};
}

failure refuse_file(const fs::path& path, std::string_view why) {
  return refuse(
      fmt::format("file {}: {}", troupe::quoted(path.native(), 256), why));
}

/// From CAF 0.18's own `string_view`, too.
template <class Text>
std::string_view view_of(const Text& text) {
  return {text.data(), text.size()};
}

/// `option --max-dials: "x" is not a number`, `option --moniker is ""`.
std::string reason(std::string_view what, std::string_view why) {
  return fmt::format("{}{} {}", what, why.starts_with("is ") ? "" : ":", why);
}

std::string_view without_dashes(std::string_view name) {
  return name.substr(std::min(name.find_first_not_of('-'), name.size()));
}

/// Every time is read by the same rules, whether an option has a row or not.
constexpr option_info any_time{
    .name = "", .group = "", .type = option_type::time, .help = ""};

bool is_time(const caf::config_option& option) {
  return view_of(option.type_name()).ends_with("timespan");
}

/// What is expected of a value, in words instead of C++.
std::string_view expectation(const caf::config_option& option) {
  auto type = view_of(option.type_name());
  if (type.find("int") != std::string_view::npos || type == "double")
    return "a number";
  if (type.find("vector") != std::string_view::npos)
    return "a list like [\"a\", \"b\"]";
  if (type == "bool")
    return "true or false";
  return type;
}

} // namespace

command_config::command_config(std::string_view usage) : usage_(usage) {
  load<caf::io::middleman>();
  // Idle workers sleep until there is work. CAF's default lets them look for it
  // every 50 us for a while, which a network that is never quite idle prolongs.
  set("caf.scheduler.policy", "sharing");
  // CAF's default is at least four, more than small machines have cores.
  set("caf.scheduler.max-threads",
      std::max(1U, std::thread::hardware_concurrency()));
}

failure command_config::read_arguments(const words& arguments, size_t operands,
                                       size_t operands_max) {
  operands_.clear();
  for (size_t i = 0; i < arguments.size();) {
    auto next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
    size_t used = 1;
    if (auto bad = apply(arguments[i], next, used); bad.code != errc::none)
      return bad;
    i += used;
  }
  const auto most = std::max(operands, operands_max);
  if (wants_help_ || (operands_.size() >= operands && operands_.size() <= most))
    return {};
  if (operands_.size() > most)
    return refuse(
        fmt::format("unexpected argument {}", troupe::quoted(operands_[most])));
  return refuse(
      fmt::format("an argument is missing; usage: troupe {}", usage_));
}

std::optional<int> command_config::begin(const words& arguments,
                                         size_t operands, size_t operands_max,
                                         std::string_view more_help) {
  auto bad = read_environment();
  if (bad.code == errc::none)
    bad = read_arguments(arguments, operands, operands_max);
  if (bad.code != errc::none)
    return complain(bad_usage, to_string(bad));
  if (!wants_help_)
    return std::nullopt;
  std::cout << help() << more_help;
  return success;
}

failure command_config::apply(std::string_view word, const std::string* next,
                              size_t& used) {
  if (word == "--help" || word == "-h") {
    wants_help_ = true;
    return {};
  }
  if (!word.starts_with("-")) {
    operands_.emplace_back(word);
    return {};
  }
  auto assignment = word.find('=');
  auto name = word.substr(0, assignment);
  const auto* option = name.starts_with("--") ? find(name.substr(2)) : nullptr;
  if (option == nullptr)
    return refuse(fmt::format("unknown option {}{}; 'troupe {} --help' lists "
                              "them",
                              troupe::quoted(name),
                              advice(without_dashes(name), "--"),
                              usage_.substr(0, usage_.find(' '))));
  std::string value;
  if (assignment != std::string_view::npos) {
    value = word.substr(assignment + 1);
    // Switched on by its name alone, and off by "=false".
    if (option->is_flag() && value != "true" && value != "false")
      return refuse(fmt::format("option {} is true or false, got {}", name,
                                troupe::quoted(value)));
  } else if (!option->is_flag() && next != nullptr
             && !next->starts_with("--")) {
    value = *next;
    used = 2;
  }
  if (!option->is_flag() && value.empty())
    return refuse(fmt::format("option {} needs a value, {}", name,
                              view_of(option->description())));
  if (auto bad = assign(*option, value.empty() ? "true" : value); !bad.empty())
    return refuse(reason(fmt::format("option {}", name), bad));
  return {};
}

failure command_config::read_file(const fs::path& path,
                                  const words& arguments) {
  constexpr size_t size_max = size_t{1} << 20;
  auto text = read_whole_file(path, size_max);
  if (!text)
    return refuse(fmt::format("file {}", text.error().context));
  // CAF has one, too.
  auto entries = command::parse_config_file(*text);
  if (!entries)
    return refuse_file(path, entries.error().context);
  if (entries->empty())
    return refuse_file(path, "sets nothing, as if it had been cut; 'troupe "
                             "init' writes one where there is none");
  // Who uses CometBFT's word in one line and ours in another has said it twice.
  std::map<std::string, std::pair<std::string, size_t>, std::less<>> seen;
  for (const auto& [name, value, line] : *entries) {
    const auto* option = find(name);
    auto bad = option == nullptr ? fmt::format(
                   "unknown key {}{}", troupe::quoted(name), advice(name, {}))
                                 : assign(*option, value);
    if (!bad.empty() && option != nullptr)
      bad = reason(fmt::format("key {}", name), bad);
    if (!bad.empty())
      return refuse_file(path, fmt::format("line {}: {}", line, bad));
    const auto [before, is_new]
        = seen.emplace(view_of(option->full_name()), std::pair{name, line});
    if (!is_new)
      return refuse_file(path, fmt::format("line {}: key {}: is set in line {} "
                                           "already, as {}",
                                           line, name, before->second.second,
                                           before->second.first));
  }
  if (auto bad = read_environment(); bad.code != errc::none)
    return bad;
  return read_arguments(arguments, operands_.size());
}

failure command_config::read_environment() {
  for (const auto& option : custom_options_) {
    if (view_of(option.category()) != "troupe")
      continue;
    auto name = "TROUPE_" + field_name(view_of(option.long_name()));
    for (auto& c : name)
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const auto* text = std::getenv(name.c_str());
    if (text == nullptr || *text == '\0')
      continue;
    if (auto bad = assign(option, text); !bad.empty())
      return refuse(reason(fmt::format("variable {}", name), bad));
  }
  return {};
}

void command_config::add(std::vector<listed_option> rows) {
  rows_ = std::move(rows);
  auto group = options();
  for (const auto& [info, initial] : rows_)
    add_option(group, *info, initial);
}

const option_info* command_config::row_of(std::string_view name) const {
  const auto found
      = std::ranges::find_if(rows_, [name](const listed_option& x) {
          return is_called(*x.info, name);
        });
  return found != rows_.end() ? found->info : nullptr;
}

const caf::config_option* command_config::find(std::string_view name) const {
  const auto look_up = [this](const std::string& full) {
    return custom_options_.qualified_name_lookup(full);
  };
  if (name.starts_with("caf."))
    return look_up(std::string{name});
  for (std::string_view prefix : {"troupe.", "p2p."})
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      break;
    }
  if (const auto* row = row_of(name))
    name = row->name;
  std::string own{name};
  std::ranges::replace(own, '_', '-');
  return look_up("troupe." + own);
}

std::string command_config::advice(std::string_view name,
                                   std::string_view prefix) const {
  if (name.starts_with("troupe."))
    name.remove_prefix(name.find('.') + 1);
  if (!rows_.empty())
    if (const auto answer = answer_to_foreign_option(name); !answer.empty())
      return fmt::format("; {}", answer);
  std::vector<std::string_view> names;
  for (const auto& option : custom_options_)
    if (const auto category = view_of(option.category()); category == "troupe")
      names.push_back(view_of(option.long_name()));
    else if (category != "global")
      names.push_back(view_of(option.full_name()));
  // Who uses CometBFT's words mistypes those.
  for (const auto& [info, initial] : rows_)
    if (!info->cometbft.empty())
      names.push_back(info->cometbft.substr(0, info->cometbft.find(' ')));
  const auto near = nearest_name(name, names);
  if (near.empty())
    return {};
  const auto* row = row_of(near);
  return fmt::format("; did you mean {}{}?", prefix,
                     row != nullptr ? row->name : near);
}

std::string command_config::assign(const caf::config_option& option,
                                   const std::string& text) {
  const std::string name{view_of(option.full_name())};
  if (name.starts_with("caf."))
    if (auto bad = check_caf_option(name, text); !bad.empty())
      return bad;
  const auto* row = view_of(option.category()) == "troupe"
                        ? row_of(view_of(option.long_name()))
                        : nullptr;
  const auto* reader = row == nullptr && is_time(option) ? &any_time : row;
  caf::config_value value{text};
  if (reader != nullptr) {
    auto read = read_option(*reader, text);
    if (!read)
      return to_string(read.error());
    if (const auto* time = std::get_if<duration>(&*read))
      value = caf::timespan{*time};
  }
  // What has a row is read by it once more, from where it is kept.
  if (row == nullptr && option.sync(value))
    return fmt::format("{} is not {}", troupe::quoted(text),
                       expectation(option));
  caf::put(content, name, std::move(value));
  return {};
}

std::string command_config::help() const {
  auto result = fmt::format("usage: troupe {}\n\n", usage_);
  for (const auto& option : custom_options_) {
    if (view_of(option.category()) != "troupe"
        || row_of(view_of(option.long_name())) != nullptr)
      continue;
    auto left = fmt::format("--{}", view_of(option.long_name()));
    if (!option.is_flag())
      left += " VALUE";
    result += help_entry(left, view_of(option.description()));
  }
  if (rows_.empty())
    return result;
  return result + help_of(rows_)
         + "\nEach can stand in DIR/config/troupe.conf, as 'troupe { max-peers "
           "= 100 }',\nand in the environment, as TROUPE_MAX_PEERS=100. The "
           "command line wins, then\nthe environment. CometBFT's names are "
           "understood, too; 'troupe options' lists\nall.\n";
}

std::string as_option(const failure& what) {
  auto text = to_string(what);
  // The name of the option comes first: `max_dials: is 0`, `max_dials is 0`.
  auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_");
  if (end == std::string::npos || end == 0)
    return text;
  std::replace(text.begin(), text.begin() + static_cast<ptrdiff_t>(end), '_',
               '-');
  if (text.compare(end, 5, ": is ") == 0)
    text.erase(end, 1);
  return "option --" + text;
}

} // namespace troupe::command
