// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/taken_home.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "troupe/messages/quoted.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/samples/troupe/foreign_names.hpp"
#include "troupe/samples/troupe/genesis.hpp"
#include "troupe/samples/troupe/start_options.hpp"

namespace troupe::command {

namespace {

namespace fs = std::filesystem;

constexpr size_t config_size_max = size_t{1} << 20;

/// What somebody set, as text; nothing for what is no simple value.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string())
    return text->get();
  if (const auto* number = node.as_integer())
    return std::to_string(number->get());
  if (const auto* number = node.as_floating_point())
    return fmt::format("{}", number->get());
  if (const auto* is = node.as_boolean())
    return is->get() ? "true" : "false";
  if (const auto* list = node.as_array()) {
    std::vector<std::string> items;
    for (const auto& item : *list)
      items.push_back(text_of(item).value_or(""));
    return fmt::format("{}", fmt::join(items, ","));
  }
  return std::nullopt;
}

std::string without_scheme(const std::string& text) {
  const auto at = text.find("://");
  return at == std::string::npos ? text : text.substr(at + 3);
}

/// Goes through a configuration, and remembers what it finds.
class taker {
public:
  taker(fs::path file, const toml::table& table)
    : file_(std::move(file)),
      table_(table),
      options_(all_start_options()) {}

  result<taken_home> run() {
    found_.key_file = path_of("node_key_file", "config/node_key.json");
    found_.book_file = path_of("addr_book_file", "config/addrbook.json");
    take_network();
    take(table_, "", "moniker");
    // Tendermint 0.35 has a mode instead.
    if (word("mode") == "seed")
      choose("mode", "seed-mode", "true");
    if (const auto* p2p = table_["p2p"].as_table())
      for (const auto& [key, value] : *p2p)
        take(*p2p, "p2p.", key.str());
    take_slots();
    take_metrics();
    take_log();
    leave_the_rest();
    if (bad_.code != errc::none)
      return bad_;
    return std::move(found_);
  }

private:
  const toml::node* find(std::string_view key) const {
    for (const auto* where : {&table_, table_["p2p"].as_table()})
      for (const auto& name : {std::string{key}, with_dashes(key)})
        if (where != nullptr)
          if (const auto* node = where->get(name))
            return node;
    return nullptr;
  }

  static std::string with_dashes(std::string_view key) {
    std::string result{key};
    std::ranges::replace(result, '_', '-');
    return result;
  }

  std::string word(std::string_view key) const {
    const auto* node = find(key);
    return node != nullptr ? text_of(*node).value_or("") : std::string{};
  }

  /// Paths are relative to the home, the folder above that of the file.
  fs::path path_of(std::string_view key, std::string_view initial) const {
    const auto text = word(key);
    const auto home = fs::absolute(file_).parent_path().parent_path();
    return home / (text.empty() ? std::string{initial} : text);
  }

  const listed_option* row_of(std::string_view key) const {
    const auto found = std::ranges::find_if(
        options_, [key](const auto& x) { return is_called(*x.info, key); });
    return found != options_.end() ? &*found : nullptr;
  }

  void note(std::string_view key, std::string_view what) {
    found_.notes.push_back(fmt::format("{}: {}", key, what));
  }

  /// Sets one of our options, unless it is so anyway.
  void choose(const std::string& key, std::string_view name,
              const std::string& text) {
    const auto* option = row_of(name);
    auto value = read_option(*option->info, text);
    if (!value) {
      if (bad_.code == errc::none)
        bad_ = {errc::invalid_option,
                fmt::format("file {}: {}: {}",
                            troupe::quoted(file_.native(), 256), key,
                            to_string(value.error()))};
      return;
    }
    if (*value == option->initial)
      return;
    found_.options.push_back({option->info->name, print_option(*value)});
    note(key, fmt::format("{} = {}", option->info->name,
                          troupe::quoted(print_option(*value), 256)));
  }

  void take(const toml::table& from, std::string_view section,
            std::string_view key) {
    const auto* node = from.get(key);
    const auto text = node != nullptr ? text_of(*node) : std::nullopt;
    if (!text || text->empty())
      return;
    const auto* option = row_of(key);
    // What is off and unknown here is missed by nobody.
    if (option == nullptr && *text == "false"
        && with_dashes(key) != "allow-duplicate-ip")
      return;
    const auto full = fmt::format("{}{}", section, key);
    if (key == "upnp")
      return choose(full, "port-mapping", "upnp");
    if (option == nullptr)
      return say_why_not(full, key);
    const auto& info = *option->info;
    if (info.type == option_type::time)
      return take_time(full, info, *text);
    if (info.name == "listen")
      return choose(full, info.name, "mconn://" + without_scheme(*text));
    if (info.name == "external-address")
      return choose(full, info.name, without_scheme(*text));
    choose(full, info.name, *text);
  }

  void say_why_not(const std::string& full, std::string_view key) {
    const auto answer = answer_to_foreign_option(key);
    // Where the files are, we have looked up.
    if (!answer.empty() && !key.ends_with("file"))
      note(full, fmt::format("not taken over, {}", answer));
  }

  void take_time(const std::string& key, const option_info& info,
                 const std::string& go) {
    const auto text = time_from_go(go);
    if (text == "0s")
      return note(key, fmt::format("not taken over, 0 is no time for {}, "
                                   "which stays {}",
                                   info.name,
                                   print_option(row_of(info.name)->initial)));
    choose(key, info.name, text.empty() ? go : text);
  }

  void take_network() {
    const auto file = path_of("genesis_file", "config/genesis.json");
    auto name = read_chain_id(file);
    if (name)
      choose("chain_id of " + file.filename().native(), "network", *name);
    else
      note(file.native(),
           fmt::format("no name of a network, {}", to_string(name.error())));
  }

  /// There, inbound and outbound connections are counted apart.
  void take_slots() {
    const auto in = word("max_num_inbound_peers");
    const auto out = word("max_num_outbound_peers");
    uint64_t sum = 0;
    for (const auto* text : {&in, &out}) {
      uint64_t number = 0;
      std::from_chars(text->data(), text->data() + text->size(), number);
      sum += number;
    }
    if (!in.empty() && !out.empty())
      choose("both together", "max-connected", std::to_string(sum));
  }

  void take_metrics() {
    const auto* section = table_["instrumentation"].as_table();
    if (section == nullptr || !section->get("prometheus")
        || text_of(*section->get("prometheus")) != "true")
      return;
    for (const std::string key :
         {"prometheus_listen_addr", "prometheus-listen-addr"})
      if (const auto* node = section->get(key)) {
        auto where = without_scheme(text_of(*node).value_or(""));
        // All addresses, in Go.
        if (where.starts_with(':'))
          where = "0.0.0.0" + where;
        choose("instrumentation." + key, "metrics", where);
      }
    take(*section, "instrumentation.", "namespace");
  }

  /// The usual level there is `info`; what it tells of peers, events do here.
  void take_log() {
    if (word("log_format") == "json")
      choose("log_format", "log-format", "json");
    const auto level = word("log_level");
    if (level == "none")
      choose("log_level", "log-level", "off");
    else if (level.find(':') != std::string::npos)
      note("log_level", "not taken over, log-level is one for all");
    else if (!level.empty() && level != "info")
      choose("log_level", "log-level", level);
  }

  void leave_the_rest() {
    std::vector<std::string_view> names;
    std::string_view why;
    for (const auto& [key, value] : table_) {
      const auto answer
          = answer_to_foreign_option(fmt::format("{}.", key.str()));
      if (!value.is_table() || key == "instrumentation" || answer.empty())
        continue;
      names.push_back(key.str());
      why = answer;
    }
    if (!names.empty())
      note(fmt::format("{}", fmt::join(names, ", ")),
           fmt::format("not taken over, {}", why));
  }

  fs::path file_;
  const toml::table& table_;
  std::vector<listed_option> options_;
  taken_home found_;
  failure bad_;
};

/// The file that is meant by a home, or by the folder of its files.
fs::path config_in(const fs::path& where) {
  std::error_code ignored;
  if (fs::is_directory(where, ignored))
    for (const auto* name : {"config/config.toml", "config.toml"})
      if (fs::exists(where / name, ignored))
        return where / name;
  return where;
}

} // namespace

result<taken_home> read_cometbft_home(const fs::path& where) {
  const auto config = config_in(where);
  const auto text = read_whole_file(config, config_size_max);
  if (!text)
    return {errc::file_error, fmt::format("file {}", text.error().context)};
  try {
    const auto table = toml::parse(*text);
    return taker{config, table}.run();
  } catch (const toml::parse_error& problem) {
    return {errc::invalid_option,
            fmt::format("file {}: line {}: {}",
                        troupe::quoted(config.native(), 256),
                        problem.source().begin.line, problem.description())};
  }
}

std::string time_from_go(std::string_view text) {
  constexpr std::pair<std::string_view, double> units[]
      = {{"ns", 1},   {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6},
         {"m", 60e9}, {"s", 1e9},  {"h", 3600e9}};
  double sum = 0;
  if (text == "0")
    return "0s";
  if (text.empty())
    return {};
  while (!text.empty()) {
    double number = 0;
    const auto [end, code]
        = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || number < 0)
      return {};
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const auto* unit = std::ranges::find_if(
        units, [text](const auto& x) { return text.starts_with(x.first); });
    if (unit == std::end(units))
      return {};
    sum += number * unit->second;
    text.remove_prefix(unit->first.size());
  }
  // A century; what is longer is a mistake.
  if (!(sum <= 3600e9 * 24 * 365 * 100))
    return {};
  return print_option(duration{std::llround(sum)});
}

} // namespace troupe::command
