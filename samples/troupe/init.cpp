// SPDX-License-Identifier: Apache-2.0
//
// troupe init, troupe show-node-id
#include <iostream>

#include <fmt/format.h>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/home.hpp"

namespace troupe::command {

namespace {

namespace fs = std::filesystem;

struct init_config : command_config {
  init_config()
    : command_config("init --home DIR [--network NET] [--moniker NAME]") {
    options()
        .add(home, "home", "folder to make")
        .add(network, "network", "name of the network; default: troupe")
        .add(moniker, "moniker",
             "name of the node, for humans; default: "
             "troupe");
  }

  std::string home;
  std::string network;
  std::string moniker;
};

struct show_config : command_config {
  show_config() : command_config("show-node-id --home DIR") {
    options().add(home, "home", "folder that 'troupe init' made");
  }

  std::string home;
};

/// Keeps a key that is there, CometBFT's for example.
result<node_key> load_or_make_key(const home& where) {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(where.key_file(), ignored)))
    return where.load_key();
  system_entropy random;
  auto key = node_key::generate(random);
  if (auto bad = save_node_key(where.key_file(), key); bad.code != errc::none)
    return bad;
  return key;
}

/// What is wrong with the names, if anything.
failure check_names(const node_key& key, const std::string& network,
                    const std::string& moniker) {
  return validate(
      node_options{.key = key, .network = network, .moniker = moniker});
}

int init(const init_config& config) {
  const auto where = home{config.home};
  const auto network = config.network.empty() ? "troupe" : config.network;
  const auto moniker = config.moniker.empty() ? "troupe" : config.moniker;
  system_entropy random;
  if (auto bad = check_names(node_key::generate(random), network, moniker);
      bad.code != errc::none)
    return complain(bad_usage, as_option(bad));
  std::error_code trouble;
  // A link to nowhere is there.
  const auto has_config
      = fs::exists(fs::symlink_status(where.config_file(), trouble));
  if (has_config && !(config.network.empty() && config.moniker.empty()))
    return complain(
        bad_usage,
        fmt::format("file {} exists already: change the names "
                    "there",
                    troupe::quoted(where.config_file().native(), 256)));
  if (has_config && !fs::exists(where.config_file(), trouble))
    return complain(
        bad_usage,
        fmt::format("file {}: {}",
                    troupe::quoted(where.config_file().native(), 256),
                    trouble ? trouble.message() : "is a link to nowhere"));
  const auto had_key = fs::exists(where.key_file(), trouble);
  trouble = make_private_folder(where.folder);
  if (!trouble)
    trouble = make_private_folder(where.key_file().parent_path());
  if (trouble)
    return complain(bad_usage, fmt::format("option --home: cannot make {}: {}",
                                           troupe::quoted(config.home, 256),
                                           trouble.message()));
  auto key = load_or_make_key(where);
  if (!key)
    return complain(bad_usage, to_string(key.error()));
  if (!has_config)
    if (auto bad
        = write_new_file(where.config_file(), initial_config(network, moniker));
        bad.code != errc::none)
      return complain(failed, to_string(bad));
  if (auto warning = where.key_warning(); !warning.empty())
    complain(success, warning);
  auto note = [](bool existed) { return existed ? "kept" : "new"; };
  std::cout << fmt::format("node ID  {}\nkey      {} ({})\noptions  {} ({})\n"
                           "next     troupe start --home {}\n",
                           to_string(key->id()), where.key_file().native(),
                           note(had_key), where.config_file().native(),
                           note(has_config), where.folder.native());
  return success;
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
