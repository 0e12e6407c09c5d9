// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/command_config.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include <caf/config_option.hpp>
#include <caf/config_option_set.hpp>
#include <caf/io/middleman.hpp>
#include <caf/message.hpp>
#include <caf/typed_message_view.hpp>

#include "troupe/messages/quoted.hpp"

namespace troupe::command {

namespace {

failure refuse(std::string what) {
  return {errc::invalid_option, std::move(what)};
}

failure refuse_file(const std::filesystem::path& path, std::string_view why) {
  return refuse(
      fmt::format("file {}: {}", troupe::quoted(path.native(), 256), why));
}

/// From CAF 0.18's own `string_view`, too.
template <class Text>
std::string_view view_of(const Text& text) {
  return {text.data(), text.size()};
}

/// Where in a file a parser gave up: CAF 0.18 reports line and column, CAF 1 a
/// sentence that names them.
std::string place_of(const caf::error& reason) {
  const auto& context = reason.context();
  if (context.match_elements<int32_t, int32_t>())
    return fmt::format("line {}, column {}", context.get_as<int32_t>(0),
                       context.get_as<int32_t>(1));
  if (context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  return "somewhere";
}

/// What is expected of a value, in words instead of C++.
std::string_view expectation(const caf::config_option& option) {
  auto type = view_of(option.type_name());
  if (type.ends_with("timespan"))
    return "a time like 500ms or 5s";
  if (type.find("int") != std::string_view::npos)
    return "a number";
  if (type == "bool")
    return "true or false";
  return type;
}

/// "unexpected character" instead of "caf::pec::unexpected_character".
std::string text_of(caf::pec code) {
  auto result = to_string(code);
  result.erase(0, result.rfind(':') + 1);
  std::replace(result.begin(), result.end(), '_', ' ');
  return result;
}

/// Stands behind the content of a file. CAF takes a file for complete even if
/// it ends within braces; then this key is not found where it belongs.
constexpr std::string_view end_of_file = "end-of-file";

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
  auto canonical = option->is_flag() ? std::string{name}
                                     : fmt::format("{}={}", name, value);
  auto [code, where] = custom_options().parse(content, words{canonical});
  if (code != caf::pec::success)
    return refuse(fmt::format("option {}: {} is not {}", name,
                              troupe::quoted(value), expectation(*option)));
  return {};
}

failure command_config::read_file(const std::filesystem::path& path,
                                  const words& arguments) {
  std::ifstream file{path};
  if (!file)
    return refuse_file(path, "cannot be read");
  auto content_of_file = std::string{std::istreambuf_iterator<char>{file}, {}};
  std::istringstream text{
      fmt::format("{}\n{} = true\n", content_of_file, end_of_file)};
  // Without the options: with them, CAF drops values of a wrong type silently.
  auto found = parse_config(text);
  if (!found) {
    auto code = static_cast<caf::pec>(found.error().code());
    return refuse_file(
        path, fmt::format("{}: {}", place_of(found.error()), text_of(code)));
  }
  if (found->count(end_of_file) == 0)
    return refuse_file(path, "a closing brace is missing");
  if (auto bad = apply_group(*found, ""); !bad.empty())
    return refuse_file(path, bad);
  for (auto& [key, value] : *found)
    content.insert_or_assign(key, value);
  return read_arguments(arguments, operands_.size());
}

std::string command_config::apply_group(const caf::settings& group,
                                        const std::string& prefix) const {
  for (const auto& [key, value] : group) {
    const auto name = prefix + key;
    const auto option = custom_options_.qualified_name_lookup(name);
    std::string bad;
    if (auto inner = caf::get_if<caf::settings>(&value))
      bad = apply_group(*inner, name + ".");
    else if (option == nullptr && name != end_of_file)
      bad = fmt::format("unknown key {}", troupe::quoted(name));
    else if (auto copy = value; option != nullptr && option->sync(copy))
      bad = fmt::format("key {}: {} is not {}", name,
                        troupe::quoted(to_string(value)), expectation(*option));
    if (!bad.empty())
      return bad;
  }
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
