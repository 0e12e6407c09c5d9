// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/start_plan.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <caf/settings.hpp>

#include "troupe/actors/node/option_settings.hpp"
#include "troupe/actors/node/option_table.hpp"
#include "troupe/actors/pex/pex_wire.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"
#include "troupe/samples/troupe/channel_list.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/pinger.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

/// Opens what the node remembers about its peers.
result<std::shared_ptr<peer_store>> open_store(const home& where) {
  auto store = sqlite_store::open(
      {.path = where.store_file(), .now = system_wall_clock{}.now()});
  if (!store)
    return store.error();
  return std::shared_ptr<peer_store>{std::move(*store)};
}

/// Who the options of a group belong to.
constexpr std::string_view option_group = "troupe";

/// A seed dials many, each for a moment, and is not to be a nuisance.
constexpr duration seed_cooldown = 2min;

/// Finds out which channels the node is to have.
failure choose_channels(start_plan& made) {
  const auto list = print_option(made.start.sink);
  if (!list.empty()) {
    auto parsed = parse_channels(list);
    if (!parsed)
      return {errc::invalid_option,
              fmt::format("option --sink: {}", parsed.error().context)};
    made.sinks = std::move(*parsed);
  }
  const std::tuple<std::string_view, channel_id, bool> ours[]
      = {{"--echo", echo_channel, made.start.echo},
         {"--pex", pex_channel, made.start.pex}};
  made.node.channels_expected = made.sinks.size();
  for (auto [name, channel, is_open] : ours) {
    if (!is_open)
      continue;
    if (std::find(made.sinks.begin(), made.sinks.end(), channel)
        != made.sinks.end())
      return {errc::invalid_option,
              fmt::format("option --sink: {} has the channel of {}",
                          troupe::quoted(list), name)};
    ++made.node.channels_expected;
  }
  if (made.node.channels_expected == 0)
    return {errc::invalid_option,
            "no channel is chosen, and nodes hang up on who has none in common "
            "with them: --pex=true opens 0x00, --echo 0x70, --sink=cometbft "
            "those of a CometBFT node, --sink=0x20,0x21,... any"};
  return {};
}

/// Finds out about peer exchange.
failure choose_pex(start_plan& made) {
  // Visitors come to ask.
  if (!made.start.pex)
    made.node.max_visitors = 0;
  if (!made.start.seed_mode)
    return {};
  if (!made.start.pex)
    return {errc::invalid_option,
            "option --seed-mode: a seed needs peer exchange, and --pex is "
            "false"};
  made.node.disconnect_cooldown
      = std::max(made.node.disconnect_cooldown, seed_cooldown);
  return {};
}

/// A home of CometBFT has a key. With that, and no options of its own, a node
/// would be one that its network does not know.
failure refuse_foreign_home(const start_config& config) {
  const auto where = home{config.home};
  const auto foreign = where.config_file().parent_path() / "config.toml";
  std::error_code ignored;
  if (!std::filesystem::exists(foreign, ignored)
      || caf::get_if(&content(config), "troupe.network") != nullptr)
    return {};
  return {errc::invalid_option,
          fmt::format("no file {}, but one of CometBFT: 'troupe init --home "
                      "{} --from {}' takes it over; --network NAME goes "
                      "without",
                      troupe::quoted(where.config_file().native(), 256),
                      config.home, foreign.native())};
}

} // namespace

start_config::start_config() : command_config("start --home DIR [OPTIONS]") {
  options().add(home, "home", "folder that 'troupe init' made");
  add(all_start_options());
}

failure read_home(start_config& config, const words& arguments) {
  const auto file = home{config.home}.config_file();
  if (is_missing(file))
    return refuse_foreign_home(config);
  if (auto bad = config.read_file(file, arguments); bad.code != errc::none)
    return bad;
  // What is left of a file may be less than was written.
  if (caf::get_if(&content(config), "troupe.network") == nullptr)
    return {errc::invalid_option,
            fmt::format("file {}: troupe.network is missing, the name of the "
                        "network; --network gives one, too",
                        troupe::quoted(file.native(), 256))};
  return {};
}

result<start_plan> read_plan(const start_config& config, node_key key) {
  start_plan made{.node = initial_node_options()};
  made.node.key = std::move(key);
  const auto& values = content(config);
  auto bad = apply_settings(option_table(), values, option_group, made.node);
  if (bad.code == errc::none)
    bad = apply_settings(start_option_table(), values, option_group,
                         made.start);
  if (bad.code != errc::none)
    return bad;
  fit_options(made.node);
  for (auto step : {choose_pex, choose_channels})
    if (bad = step(made); bad.code != errc::none)
      return bad;
  if (bad = validate(made.node); bad.code != errc::none)
    return {bad.code, as_option(bad)};
  return made;
}

result<start_plan> make_plan(const start_config& config) {
  auto key = home{config.home}.load_key();
  if (!key)
    return key.error();
  auto made = read_plan(config, std::move(*key));
  if (!made)
    return made;
  made->ctl = made->start.ctl_socket.empty()
                  ? home{config.home}.control_socket()
                  : own_path(made->start.ctl_socket);
  // Last, as it leaves something behind.
  auto store = open_store(home{config.home});
  if (!store)
    return store.error();
  made->store = std::make_shared<watched_store>(std::move(*store));
  made->node.store = made->store;
  return made;
}

} // namespace troupe::command
