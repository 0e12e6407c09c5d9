// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/option_settings.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/config_value.hpp>
#include <caf/timespan.hpp>

#include "troupe/actors/node/option_table.hpp"
#include "troupe/messages/entropy.hpp"

namespace troupe {

namespace {

constexpr option_info key_file_info{
    .name = "node-key-file",
    .group = "Identity",
    .placeholder = "PATH",
    .help = "file with the key of the node; one is made where there is none",
};

std::string path_of(std::string_view group, const option_info& info) {
  return fmt::format("{}.{}", group, info.name);
}

/// Whatever stands in a configuration, as the text that it could have been.
std::string text_of(const caf::config_value& value) {
  if (const auto time = caf::get_if<caf::timespan>(&value))
    return print_option(duration{*time});
  if (const auto number = caf::get_if<double>(&value))
    return print_option(*number);
  if (const auto list = caf::get_if<caf::config_value::list>(&value)) {
    std::vector<std::string> items;
    for (const auto& item : *list)
      items.push_back(text_of(item));
    return print_option(items);
  }
  return to_string(value);
}

/// All that is by default. The key is of no interest.
const node_options& defaults() {
  static const node_options result{
      .key = node_key::from_seed(std::array<std::byte, 32>{})};
  return result;
}

result<node_key> load_or_make_key(const std::filesystem::path& file) {
  std::error_code ignored;
  // A link to nowhere is there.
  if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored)))
    return load_node_key(file);
  system_entropy random;
  auto key = node_key::generate(random);
  if (auto bad = save_node_key(file, key); bad.code != errc::none)
    return bad;
  return key;
}

template <class T>
void add(caf::config_option_adder& group, const option_info& info,
         const std::string& description) {
  group.add<T>({info.name.data(), info.name.size()},
               {description.data(), description.size()});
}

} // namespace

void add_option(caf::config_option_adder& group, const option_info& info,
                const option_value& initial) {
  auto text = std::string{info.help};
  if (const auto value = print_option(initial); !value.empty())
    text += "; default: " + value;
  if (!info.zero.empty())
    text += fmt::format("; 0: {}", info.zero);
  switch (info.type) {
    case option_type::flag:
      return add<bool>(group, info, text);
    case option_type::count:
      return add<uint64_t>(group, info, text);
    case option_type::number:
      return add<double>(group, info, text);
    case option_type::time:
      return add<caf::timespan>(group, info, text);
    default:
      // For CAF, a boolean is true or absent, and a list of addresses would
      // need quotes around each.
      return add<std::string>(group, info, text);
  }
}

void put_default_option(caf::settings& values, std::string_view group,
                        const option_info& info, const option_value& initial) {
  const auto path = path_of(group, info);
  if (const auto* number = std::get_if<uint64_t>(&initial))
    caf::put_missing(values, path, *number);
  else if (const auto* rate = std::get_if<double>(&initial))
    caf::put_missing(values, path, *rate);
  else if (const auto* time = std::get_if<duration>(&initial))
    caf::put_missing(values, path, caf::timespan{*time});
  else if (const auto* is = std::get_if<bool>(&initial))
    caf::put_missing(values, path, *is);
  else
    caf::put_missing(values, path, print_option(initial));
}

result<std::optional<option_value>>
find_option_value(const caf::settings& values, std::string_view group,
                  const option_info& info) {
  const auto path = path_of(group, info);
  const auto* value = caf::get_if(&values, path);
  if (value == nullptr)
    return std::optional<option_value>{};
  auto read = read_option(info, text_of(*value));
  if (!read)
    return failure{read.error().code,
                   fmt::format("{}: {}", path, to_string(read.error()))};
  return std::optional{std::move(*read)};
}

void add_options(caf::config_option_adder group) {
  add_option(group, key_file_info, std::string{});
  for (const auto& row : option_table())
    add_option(group, row, row.get(defaults()));
}

void put_default_options(caf::settings& values, std::string_view group) {
  put_default_option(values, group, key_file_info, std::string{});
  for (const auto& row : option_table())
    // None is no name of a network.
    if (const auto value = row.get(defaults());
        check_option(row, value).code == errc::none)
      put_default_option(values, group, row, value);
}

void fit_options(node_options& options) {
  options.inbound.tracked_max
      = std::max(options.inbound.tracked_max, 2 * accepted_max(options));
}

result<node_options> options_from(const caf::settings& values, node_key key,
                                  std::string_view group) {
  auto made = node_options{.key = std::move(key)};
  if (auto bad = apply_settings(option_table(), values, group, made);
      bad.code != errc::none)
    return bad;
  fit_options(made);
  if (auto bad = validate(made); bad.code != errc::none)
    return bad;
  return made;
}

result<node_options> options_from(const caf::settings& values,
                                  std::string_view group) {
  const auto file = find_option_value(values, group, key_file_info);
  if (!file)
    return file.error();
  const auto path = *file ? std::get<std::string>(**file) : std::string{};
  if (path.empty())
    return {errc::invalid_option,
            fmt::format("{}: is missing, expected a file for the node's key",
                        path_of(group, key_file_info))};
  auto key = load_or_make_key(path);
  if (!key)
    return key.error();
  return options_from(values, std::move(*key), group);
}

} // namespace troupe
