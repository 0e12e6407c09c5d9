// SPDX-License-Identifier: Apache-2.0
//
// troupe peers --import, --export, --verify
#include <iostream>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/messages/whole_file.hpp"
#include "troupe/samples/troupe/address_book/book_files.hpp"
#include "troupe/samples/troupe/address_book/book_merge.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/config_file.hpp"
#include "troupe/samples/troupe/peer_sources.hpp"
#include "troupe/samples/troupe/peers_config.hpp"
#include "troupe/samples/troupe/peers_verify.hpp"
#include "troupe/samples/troupe/start_options.hpp"

namespace troupe::command {

namespace {

/// The network of a home, as far as its configuration tells.
std::string network_of(const home& where) {
  constexpr size_t size_max = size_t{1} << 20;
  if (const auto text = read_whole_file(where.config_file(), size_max))
    if (const auto entries = parse_config_file(*text))
      for (const auto& entry : *entries)
        if (const auto* option = option_of_key(entry.name);
            option != nullptr && option->name == "network")
          return entry.value;
  return "troupe";
}

/// What the node of a home remembers, and what it knows besides if it runs.
result<std::vector<stored_peer>> known_to(const peers_config& config,
                                          wall_time now) {
  auto found = read_store(home{config.home}.store_file());
  if (!found)
    return found.error();
  auto live = ask_for_peers(config.socket_path(), now);
  if (!live)
    return live.error();
  std::vector<stored_peer> result;
  for (auto& peer : merge(found->peers, *live, {}, now))
    result.push_back(std::move(peer.stored));
  return result;
}

/// @returns the entries that are alive, or an exit status.
std::variant<std::vector<book_entry>, int>
leave_out_the_dead(peers_config& config, std::vector<book_entry> entries) {
  verify_options how{.network = config.network,
                     .concurrency = config.concurrency,
                     .patience = config.timeout};
  if (how.network.empty())
    how.network = network_of(home{config.home});
  auto alive = verify(config, entries, how, config.json);
  if (!alive)
    return complain(failed, to_string(alive.error()));
  std::set<node_id> all;
  std::set<node_id> left;
  for (const auto& entry : entries)
    all.insert(entry.address.id);
  for (const auto& entry : *alive)
    left.insert(entry.address.id);
  complain(success,
           fmt::format("{} of {} peers are alive", left.size(), all.size()));
  return std::move(*alive);
}

/// What is said about an import: `{}: 3 new, 1 known`.
std::string in_words(const import_counts& counts) {
  auto result = fmt::format("{} new, {} known", counts.fresh, counts.known);
  if (counts.refused > 0)
    result += fmt::format(", {} refused", counts.refused);
  return result;
}

/// Gives addresses to the node, whether it runs or not.
int hand_over(const peers_config& config, const node_id& own,
              const std::vector<book_entry>& entries) {
  // A node that runs has its store for itself, and would not look there again.
  auto counts = import_to_node(config.socket_path(), entries);
  if (!counts && counts.code() == errc::connection_refused)
    counts = import_to_store(home{config.home}, own, entries);
  if (!counts)
    return complain(failed,
                    fmt::format("import: {}", to_string(counts.error())));
  std::cout << "imported  " << in_words(*counts) << std::endl;
  return success;
}

} // namespace

int import_peers(peers_config& config) {
  auto entries = read_book(own_path(config.import_from));
  if (!entries)
    return complain(bad_usage, to_string(entries.error()));
  // Without a home, a file is only verified.
  if (config.home.empty()) {
    auto alive = leave_out_the_dead(config, std::move(*entries));
    const auto* status = std::get_if<int>(&alive);
    return status != nullptr ? *status : success;
  }
  const auto key = home{config.home}.load_key();
  if (!key)
    return complain(bad_usage, to_string(key.error()));
  if (config.verify) {
    auto alive = leave_out_the_dead(config, std::move(*entries));
    if (const auto* status = std::get_if<int>(&alive))
      return *status;
    *entries = std::move(std::get<std::vector<book_entry>>(alive));
  }
  return hand_over(config, key->id(), *entries);
}

int export_peers(const peers_config& config) {
  const auto now = system_wall_clock{}.now();
  const auto known = known_to(config, now);
  if (!known)
    return complain(failed, to_string(known.error()));
  size_t left_out = 0;
  const auto entries = to_book(*known, now, left_out);
  const auto written = write_book(own_path(config.export_to), entries);
  if (!written)
    return complain(bad_usage, to_string(written.error()));
  if (left_out > 0)
    complain(success, fmt::format("left out: {} peers that are banned or do "
                                  "not fit",
                                  left_out));
  if (*written < entries.size())
    complain(success, fmt::format("left out: {} addresses that are not of an "
                                  "IP address and TCP",
                                  entries.size() - *written));
  std::cout << fmt::format("exported  {} addresses\n", *written) << std::flush;
  return success;
}

int verify_peers(peers_config& config) {
  const auto now = system_wall_clock{}.now();
  const auto known = known_to(config, now);
  if (!known)
    return complain(failed, to_string(known.error()));
  size_t left_out = 0;
  auto alive = leave_out_the_dead(config, to_book(*known, now, left_out));
  const auto* status = std::get_if<int>(&alive);
  return status != nullptr ? *status : success;
}

} // namespace troupe::command
