// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/foreign_names.hpp"

#include <algorithm>
#include <string>

namespace troupe::command {

namespace {

struct entry {
  std::string_view name;
  std::string_view answer;
};

/// With underscores.
constexpr entry options[] = {
    {"addr_book_file", "the address book is in the store of the home; "
                       "'troupe peers --import FILE' reads one"},
    {"allow_duplicate_ip", "max-per-ip says how many connections one IP "
                           "address may have"},
    {"flush_throttle_timeout", "nothing waits to be flushed here"},
    {"log_file", "redirect standard error"},
    {"max_incoming_connection_attempts", "ip-rate and subnet-rate limit "
                                         "attempts"},
    {"node_key", "the key is config/node_key.json in the home"},
    {"node_key_file", "the key is config/node_key.json in the home"},
    {"prometheus", "metrics says where they are served, and its absence that "
                   "they are not"},
    {"test_fuzz", "there is no fuzzing of connections"},
    {"upnp", "port-mapping is upnp, natpmp, any or none"},
    {"use_legacy", "there is one implementation"},
};

/// Sections of CometBFT's configuration about other things.
constexpr std::string_view sections[]
    = {"abci",    "blocksync",      "consensus", "db",       "fastsync",
       "genesis", "grpc",           "mempool",   "priv",     "proxy",
       "rpc",     "statesync",      "storage",   "tx_index", "privval",
       "block",   "instrumentation"};

constexpr std::string_view elsewhere
    = "that is about other parts of CometBFT; this is a node of the network "
      "alone";

constexpr entry foreign_commands[] = {
    {"node", "here it is 'troupe start'"},
    {"run", "here it is 'troupe start'"},
    {"run-node", "here it is 'troupe start'"},
    {"gen-node-key", "'troupe init' makes one"},
    {"reset", "the store is the folder data in the home"},
    {"unsafe-reset-all", "the store is the folder data in the home"},
    {"unsafe-reset-peers", "'troupe ctl --home DIR forget ID' forgets a peer"},
    {"status", "'troupe ctl --home DIR list' shows the peers"},
    {"config", "'troupe options' lists the options, and DIR/config/troupe.conf "
               "has them"},
    {"testnet", "'troupe demo' runs a small network"},
    {"stop", "SIGTERM ends a node: 'kill PID'"},
    {"reload", "SIGHUP makes a node read its options again: 'kill -HUP PID'"},
    // Programs on the Cosmos SDK have them in a group.
    {"comet", "its commands are here without it: 'troupe show-node-id'"},
    {"cometbft", "its commands are here without it: 'troupe show-node-id'"},
    {"tendermint", "its commands are here without it: 'troupe show-node-id'"},
    {"abci", elsewhere},
    {"gen-validator", elsewhere},
    {"inspect", elsewhere},
    {"light", elsewhere},
    {"replay", elsewhere},
    {"rollback", elsewhere},
    {"show-validator", elsewhere},
};

/// Of CometBFT's RPC, and what one would like to tell a node.
constexpr entry foreign_requests[] = {
    {"net-info", "'list' shows the peers"},
    {"peers", "'list' shows the peers"},
    {"status", "'list' shows the peers"},
    {"top", "'troupe top --home DIR' is a command of its own"},
    {"health", "'curl --unix-socket DIR/ctl.sock http://node/health' asks for "
               "that"},
    {"metrics", "'curl --unix-socket DIR/ctl.sock http://node/metrics' asks "
                "for that"},
    {"events", "'troupe top --home DIR' shows them, and 'curl --unix-socket "
               "DIR/ctl.sock -N http://node/events' has all"},
    {"dial-peers", "it is 'dial ID@HOST:PORT'"},
    {"dial-seeds", "it is 'dial ID@HOST:PORT'"},
    {"add-peer", "it is 'dial ID@HOST:PORT'"},
    {"connect", "it is 'dial ID@HOST:PORT'"},
    {"kick", "it is 'disconnect ID', and 'ban ID TIME' keeps a peer out"},
    {"remove-peer", "it is 'disconnect ID', or 'forget ID'"},
    {"reload", "SIGHUP makes a node read its options again: 'kill -HUP PID'"},
    {"stop", "SIGTERM ends a node: 'kill PID'"},
};

std::string with(std::string_view name, char from, char to) {
  std::string result{name};
  std::ranges::replace(result, from, to);
  return result;
}

} // namespace

std::string_view answer_to_foreign_option(std::string_view name) {
  if (name.starts_with("p2p."))
    name.remove_prefix(4);
  const auto wanted = with(name, '-', '_');
  for (const auto& [known, answer] : options)
    if (wanted == known)
      return answer;
  for (auto section : sections)
    if (wanted.starts_with(section) && wanted.size() > section.size()
        && (wanted[section.size()] == '.' || wanted[section.size()] == '_'))
      return elsewhere;
  return {};
}

std::string_view answer_to_foreign_command(std::string_view name) {
  const auto wanted = with(name, '_', '-');
  for (const auto& [known, answer] : foreign_commands)
    if (wanted == known)
      return answer;
  return {};
}

std::string_view answer_to_foreign_request(std::string_view name) {
  auto wanted = with(name, '_', '-');
  if (wanted.starts_with("unsafe-"))
    wanted.erase(0, 7);
  for (const auto& [known, answer] : foreign_requests)
    if (wanted == known)
      return answer;
  return {};
}

} // namespace troupe::command
