// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/command_config.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <thread>

#include <fmt/format.h>

#include <caf/config_option.hpp>
#include <caf/config_option_set.hpp>
#include <caf/io/middleman.hpp>
#include <caf/settings.hpp>

#include "troupe/messages/quoted.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/samples/troupe/caf_options.hpp"
#include "troupe/samples/troupe/config_file.hpp"

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

constexpr std::string_view time_like = "a time like 500ms, 5s or 2min";

/// Whether a time would be beyond what a clock can count, where CAF's reading
/// of it begins anew, or so far off that adding it to the present is.
bool is_too_long(std::string_view text) {
  constexpr double century = 100.0 * 365 * 24 * 3600;
  constexpr std::pair<std::string_view, double> units[]
      = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3},
         {"s", 1},     {"min", 60},  {"h", 3600}};
  double number = 0;
  const auto [end, code]
      = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  for (const auto& [unit, seconds] : units)
    if (text == unit)
      return code == std::errc::result_out_of_range
             || std::abs(number) * seconds > century;
  return false;
}

/// What is expected of a value, in words instead of C++.
std::string_view expectation(const caf::config_option& option) {
  auto type = view_of(option.type_name());
  if (type.ends_with("timespan"))
    return time_like;
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
  if (auto bad = read_arguments(arguments, operands, operands_max);
      bad.code != errc::none)
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
  const caf::config_option* option = nullptr;
  if (name.starts_with("--"))
    option = custom_options().cli_long_name_lookup(
        {name.data() + 2, name.size() - 2});
  // CAF's global options work on its own reading of the command line.
  if (option == nullptr || view_of(option->category()) == "global")
    return refuse(fmt::format("unknown option {}; 'troupe {} --help' lists "
                              "them",
                              troupe::quoted(name),
                              usage_.substr(0, usage_.find(' '))));
  std::string value;
  if (assignment != std::string_view::npos) {
    value = word.substr(assignment + 1);
    if (option->is_flag())
      return refuse(fmt::format("option {} takes no value, got {}", name,
                                troupe::quoted(value)));
  } else if (!option->is_flag() && next != nullptr
             && !next->starts_with("--")) {
    value = *next;
    used = 2;
  }
  if (!option->is_flag() && value.empty())
    return refuse(fmt::format("option {} needs a value, {}", name,
                              view_of(option->description())));
  if (auto bad = assign(*option, option->is_flag() ? "true" : value);
      !bad.empty())
    return refuse(fmt::format("option {}: {}", name, bad));
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
  for (const auto& [name, value, line] : *entries) {
    const auto option = custom_options_.qualified_name_lookup(name);
    const auto bad = option == nullptr
                         ? fmt::format("unknown key {}", troupe::quoted(name))
                         : assign(*option, value);
    if (!bad.empty())
      return refuse_file(path, fmt::format("line {}: {}{}", line,
                                           option != nullptr
                                               ? fmt::format("key {}: ", name)
                                               : std::string{},
                                           bad));
  }
  return read_arguments(arguments, operands_.size());
}

std::string command_config::assign(const caf::config_option& option,
                                   const std::string& text) {
  const std::string name{view_of(option.full_name())};
  if (name.starts_with("caf."))
    if (auto bad = check_caf_option(name, text); !bad.empty())
      return bad;
  if (expectation(option) == time_like && is_too_long(text))
    return fmt::format("{} is too long, expected at most a century",
                       troupe::quoted(text));
  caf::config_value value{text};
  if (option.sync(value))
    return fmt::format("{} is not {}", troupe::quoted(text),
                       expectation(option));
  caf::put(content, name, std::move(value));
  return {};
}

std::string command_config::help() const {
  auto result = fmt::format("usage: troupe {}\n\n", usage_);
  for (const auto& option : custom_options_) {
    if (view_of(option.category()) != "troupe")
      continue;
    auto left = fmt::format("--{}", view_of(option.long_name()));
    if (!option.is_flag())
      left += " VALUE";
    result += fmt::format("  {:<35}{}\n", left, view_of(option.description()));
  }
  return result;
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
