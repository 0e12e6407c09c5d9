// SPDX-License-Identifier: Apache-2.0
//
// troupe init, troupe show-node-id
#include <algorithm>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/node/option_settings.hpp"
#include "troupe/actors/node/option_table.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/samples/troupe/address_book/book_files.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/option_pages.hpp"
#include "troupe/samples/troupe/start_options.hpp"
#include "troupe/samples/troupe/taken_home.hpp"

namespace troupe::command {

namespace {

namespace fs = std::filesystem;

struct init_config : command_config {
  init_config()
    : command_config("init --home DIR [--network NET] [--moniker NAME] "
                     "[--from CONFIG.TOML]") {
    options()
        .add(home, "home", "folder to make")
        .add(network, "network", "name of the network; default: troupe")
        .add(moniker, "moniker",
             "name of the node, for humans; default: troupe")
        .add(from, "from",
             "config.toml or home of a CometBFT or Tendermint node to take "
             "over, with its key, its address book and the network of its "
             "genesis file");
  }

  std::string home;
  std::string network;
  std::string moniker;
  std::string from;
};

struct show_config : command_config {
  show_config() : command_config("show-node-id --home DIR") {
    options().add(home, "home", "folder that 'troupe init' made");
  }

  std::string home;
};

failure refuse(std::string what) {
  return {errc::invalid_option, std::move(what)};
}

/// Keeps a key that is there, CometBFT's for example.
/// @param taken the home whose key it is to be, if there is one.
result<node_key> load_or_make_key(const home& where,
                                  const std::optional<taken_home>& taken) {
  const auto has_key = !is_missing(where.key_file());
  if (has_key && !taken)
    return where.load_key();
  system_entropy random;
  auto key = taken ? load_node_key(taken->key_file)
                   : result<node_key>{node_key::generate(random)};
  if (!key)
    return key;
  if (has_key) {
    auto own = where.load_key();
    if (own && own->id() != key->id())
      return refuse(fmt::format("option --from: file {} holds another key than "
                                "{}; keys are never overwritten",
                                troupe::quoted(where.key_file().native(), 256),
                                troupe::quoted(taken->key_file.native(), 256)));
    return own;
  }
  if (auto bad = save_node_key(where.key_file(), *key); bad.code != errc::none)
    return bad;
  return key;
}

/// What goes into the configuration file.
result<std::vector<chosen_option>>
choose_options(const init_config& config,
               const std::optional<taken_home>& taken) {
  auto chosen = taken ? taken->options : std::vector<chosen_option>{};
  const auto choose = [&chosen](std::string_view name, const std::string& text,
                                const std::string& otherwise) {
    const auto found = std::ranges::find(chosen, name, &chosen_option::name);
    if (found == chosen.end())
      chosen.push_back({name, text.empty() ? otherwise : text});
    else if (!text.empty())
      found->value = text;
  };
  const auto has_network = std::ranges::any_of(
      chosen, [](const auto& x) { return x.name == "network"; });
  if (taken && !has_network && config.network.empty())
    return refuse(
        fmt::format("option --network is missing: {}",
                    taken->notes.empty() ? "" : taken->notes.front()));
  choose("network", config.network, "troupe");
  choose("moniker", config.moniker, "troupe");
  // Each has been checked by itself, here they are all of them together.
  auto options = initial_node_options();
  for (const auto& [name, text] : chosen)
    for (const auto& row : option_table())
      if (row.name == name) {
        auto value = read_option(row, text);
        if (!value)
          return failure{value.error().code,
                         fmt::format("{}: {}", field_name(name),
                                     to_string(value.error()))};
        row.set(options, *value);
      }
  fit_options(options);
  if (auto bad = validate(options); bad.code != errc::none)
    return bad;
  return chosen;
}

/// Makes the folders of a home.
failure make_folders(const home& where, const std::string& text) {
  auto trouble = make_private_folder(where.folder);
  if (!trouble)
    trouble = make_private_folder(where.key_file().parent_path());
  if (!trouble)
    return {};
  return refuse(fmt::format("option --home: cannot make {}: {}",
                            troupe::quoted(text, 256), trouble.message()));
}

/// What keeps a configuration from being written, if anything does.
failure check_config_file(const init_config& config, const home& where) {
  if (is_missing(where.config_file()))
    return {};
  const auto name = troupe::quoted(where.config_file().native(), 256);
  if (!config.network.empty() || !config.moniker.empty()
      || !config.from.empty())
    return refuse(
        fmt::format("file {} exists already: change the options there", name));
  std::error_code trouble;
  if (!fs::exists(where.config_file(), trouble))
    return refuse(
        fmt::format("file {}: {}", name,
                    trouble ? trouble.message() : "is a link to nowhere"));
  return {};
}

/// Gives the node the addresses that the other one knew.
/// @returns the exit status.
int take_addresses(const home& where, const node_id& own,
                   const taken_home& taken) {
  if (is_missing(taken.book_file)) {
    std::cout << fmt::format("addresses none, there is no {}\n",
                             taken.book_file.native());
    return success;
  }
  auto entries = read_book(taken.book_file);
  if (!entries)
    return complain(failed, to_string(entries.error()));
  const auto counts = import_to_store(where, own, *entries);
  if (!counts)
    return complain(failed,
                    fmt::format("import: {}", to_string(counts.error())));
  std::cout << fmt::format("addresses {} new, of {}\n", counts->fresh,
                           taken.book_file.native());
  return success;
}

/// Says what became of the other node's options, and that there is one.
int report_taken(const home& where, const node_id& own,
                 const taken_home& taken) {
  for (const auto& note : taken.notes)
    std::cout << fmt::format("taken    {}\n", note);
  const auto status = take_addresses(where, own, taken);
  std::error_code ignored;
  if (!fs::equivalent(taken.key_file, where.key_file(), ignored))
    complain(success,
             fmt::format("file {}: both homes have the same key now; never let "
                         "both nodes run at once",
                         troupe::quoted(taken.key_file.native(), 256)));
  return status;
}

int init(const init_config& config) {
  const auto where = home{config.home};
  if (auto bad = check_config_file(config, where); bad.code != errc::none)
    return complain(bad_usage, to_string(bad));
  std::optional<taken_home> taken;
  if (!config.from.empty()) {
    auto found = read_cometbft_home(own_path(config.from));
    if (!found)
      return complain(bad_usage, to_string(found.error()));
    taken = std::move(*found);
  }
  const auto chosen = choose_options(config, taken);
  if (!chosen)
    return complain(bad_usage, as_option(chosen.error()));
  const auto has_config = !is_missing(where.config_file());
  const auto had_key = !is_missing(where.key_file());
  if (auto bad = make_folders(where, config.home); bad.code != errc::none)
    return complain(bad_usage, to_string(bad));
  auto key = load_or_make_key(where, taken);
  if (!key)
    return complain(bad_usage, to_string(key.error()));
  if (!has_config)
    if (auto bad = write_new_file(where.config_file(),
                                  config_file_of(all_start_options(), *chosen));
        bad.code != errc::none)
      return complain(failed, to_string(bad));
  if (auto warning = where.key_warning(); !warning.empty())
    complain(success, warning);
  if (auto warning = where.owner_warning();
      !warning.empty() && !(had_key && has_config))
    complain(success, warning);
  auto note = [&](bool existed) {
    return existed ? "kept" : taken ? "taken over" : "new";
  };
  std::cout << fmt::format("node ID  {}\nkey      {} ({})\noptions  {} ({})\n",
                           to_string(key->id()), where.key_file().native(),
                           note(had_key), where.config_file().native(),
                           note(has_config));
  const auto status = taken ? report_taken(where, key->id(), *taken) : success;
  std::cout << fmt::format("next     troupe start --home {}\n",
                           where.folder.native());
  return status;
}

} // namespace

int run_init(const words& arguments) {
  init_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (config.home.empty())
    return complain(bad_usage, "option --home is missing, folder to make");
  if (auto status = refuse_without_home(config.home))
    return *status;
  return init(config);
}

int run_show_node_id(const words& arguments) {
  show_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (auto status = refuse_without_home(config.home))
    return *status;
  auto key = home{config.home}.load_key();
  if (!key)
    return complain(bad_usage, to_string(key.error()));
  std::cout << to_string(key->id()) << std::endl;
  return success;
}

} // namespace troupe::command
