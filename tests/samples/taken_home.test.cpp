// SPDX-License-Identifier: Apache-2.0

// A home of CometBFT or Tendermint, taken over by `troupe init --from`.
#include <filesystem>

#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

constexpr auto peer = "0123456789abcdef0123456789abcdef01234567@";

/// As CometBFT 0.38 writes it, with some choices of an operator's.
const auto cometbft_config = std::string{R"(# This is a TOML config file.
version = "0.38.12"
proxy_app = "tcp://127.0.0.1:26658"
moniker = "sentry-1"
db_backend = "goleveldb"
genesis_file = "config/genesis.json"
priv_validator_key_file = "config/priv_validator_key.json"
node_key_file = "config/node_key.json"
abci = "socket"
filter_peers = false

[rpc]
laddr = "tcp://127.0.0.1:26657"
cors_allowed_methods = ["HEAD", "GET", "POST", ]

[p2p]
laddr = "tcp://0.0.0.0:36656"
external_address = "tcp://sentry.example:36656"
seeds = ")"} + peer + "seed.example:26656\"\n"
                             + "persistent_peers = \"" + peer
                             + "10.0.0.1:26656," + peer + "10.0.0.2:26656\"\n"
                             + R"(addr_book_file = "config/addrbook.json"
addr_book_strict = false
max_num_inbound_peers = 100
max_num_outbound_peers = 20
unconditional_peer_ids = ""
persistent_peers_max_dial_period = "0s"
flush_throttle_timeout = "100ms"
max_packet_msg_payload_size = 1024
send_rate = 20480000
recv_rate = 5120000
pex = true
seed_mode = false
private_peer_ids = "0123456789abcdef0123456789abcdef01234567"
allow_duplicate_ip = true
handshake_timeout = "20s"
dial_timeout = "1m0.5s"

[consensus]
timeout_propose = "3s"

[instrumentation]
prometheus = true
prometheus_listen_addr = ":26660"
namespace = "tendermint"
)";

const auto address_book
    = std::string{R"({"key": "0123456789abcdef01234567", "addrs": [{
  "addr": {"id": "0123456789abcdef0123456789abcdef01234567",
           "ip": "8.8.4.4", "port": 26656},
  "src": {"id": "0123456789abcdef0123456789abcdef01234567",
          "ip": "8.8.4.4", "port": 26656},
  "buckets": [1], "attempts": 0, "bucket_type": 1,
  "last_attempt": "2024-01-01T00:00:00Z",
  "last_success": "2024-01-01T00:00:00Z",
  "last_ban_time": "0001-01-01T00:00:00Z"}]})"};

/// A home of another node, whose key is made by us, as the format is the same.
struct other_home {
  other_home() {
    id = make_home(folder / "comet");
    std::filesystem::remove(folder / "comet/config/troupe.conf");
    write_file(config, cometbft_config);
    write_file(folder / "comet/config/genesis.json",
               R"({"genesis_time": "2024-01-01T00:00:00Z",
  "consensus_params": {"chain_id": "not-this", "x": ["chain_id"]},
  "chain_id": "mocha-4", "app_state": {"a": [1, 2)");
    write_file(folder / "comet/config/addrbook.json", address_book);
  }

  scratch_folder folder;
  std::string config = folder / "comet/config/config.toml";
  std::string home = folder / "home";
  std::string id;
};

} // namespace

TEST_CASE_FIXTURE(other_home, "  Scenario: a home is taken over with its key, "
                              "addresses, network and options") {
  auto made = finished{{"init", "--home", home, "--from", config}};
  CAPTURE(made.output);
  CAPTURE(made.errors);
  REQUIRE(made.status == 0);
  // Two nodes with one key would push each other off the network.
  CHECK(made.errors.find("never let both nodes run") != std::string::npos);
  CHECK(finished{{"show-node-id", "--home", home}}.output == id + "\n");
  const auto text = read_file(home + "/config/troupe.conf");
  for (std::string line : {
           "  network = \"mocha-4\"",
           "  moniker = \"sentry-1\"",
           "  listen = [\"mconn://0.0.0.0:36656\"]",
           "  external-address = \"sentry.example:36656\"",
           "  bootstrap-peers = [\"0123456789abcdef0123456789abcdef01234567"
           "@seed.example:26656\"]",
           "  addr-book-strict = false",
           "  max-incoming = 100",
           "  max-outgoing = 20",
           "  max-connected = 120",
           "  private-peers = [\"0123456789abcdef0123456789abcdef01234567\"]",
           "  send-rate = 20480000",
           "  # recv-rate = 5120000",
           "  handshake-timeout = 20s",
           "  dial-timeout = 60500ms",
           "  metrics = \"0.0.0.0:26660\"",
           "  metrics-namespace = \"tendermint\"",
       })
    CHECK_MESSAGE(text.find("\n" + line + "\n") != std::string::npos, line);
  CHECK(text.find("10.0.0.2:26656\"]\n") != std::string::npos);
  // What is said about the rest.
  for (std::string said :
       {"p2p.allow_duplicate_ip: not taken over, max-per-ip",
        "p2p.laddr: listen = ",
        "persistent_peers_max_dial_period: not taken over, 0 is no time for "
        "max-retry-time-persistent, which stays 5min",
        "consensus, rpc: not taken over, that is about other parts of CometBFT",
        "addresses 1 new"})
    CHECK_MESSAGE(made.output.find(said) != std::string::npos, said);
  auto peers = finished{{"peers", "--home", home, "--json"}};
  CHECK(peers.output.find("8.8.4.4:26656") != std::string::npos);
  // And it runs.
  node_process node{home, {"--metrics=127.0.0.1:0"}};
  CHECK(node.address.starts_with(id));
  node.stop();
}

TEST_CASE_FIXTURE(other_home, "  Scenario: both programs can share a home") {
  auto made = finished{{"init", "--home", folder / "comet", "--from", config}};
  CHECK_MESSAGE(made.status == 0, made.errors);
  CHECK(made.errors == "");
  CHECK(finished{{"show-node-id", "--home", folder / "comet"}}.output
        == id + "\n");
  CHECK(read_file(config) == cometbft_config);
}

TEST_CASE_FIXTURE(other_home, "  Scenario: the home of another node will do "
                              "to name it") {
  for (const std::string from : {"comet", "comet/config"}) {
    const auto to = folder / (from == "comet" ? "a" : "b");
    auto made = finished{{"init", "--home", to, "--from", folder / from}};
    CHECK_MESSAGE(made.status == 0, made.errors);
    CHECK(finished{{"show-node-id", "--home", to}}.output == id + "\n");
  }
}

TEST_CASE_FIXTURE(other_home, "  Scenario: a home that has not been taken over "
                              "is not started") {
  auto started = finished{{"start", "--home", folder / "comet"}};
  CHECK(started.status == 2);
  CHECK_MESSAGE(started.errors.find("troupe init --home " + (folder / "comet")
                                    + " --from ")
                    != std::string::npos,
                started.errors);
  // Somebody who names the network knows what it is to be.
  node_process node{folder / "comet", {"--network=mocha-4"}};
  CHECK(node.address.starts_with(id));
  node.stop();
}

TEST_CASE_FIXTURE(other_home, "  Scenario: logs look as they did") {
  write_file(config, "log_format = \"json\"\nlog_level = \"error\"\n");
  auto made = finished{{"init", "--home", home, "--from", config}};
  REQUIRE_MESSAGE(made.status == 0, made.errors);
  const auto text = read_file(home + "/config/troupe.conf");
  CHECK(text.find("\n  log-format = \"json\"") != std::string::npos);
  CHECK(text.find("\n  log-level = \"error\"") != std::string::npos);
  // Of modules that are none of ours.
  write_file(config, "log_level = \"p2p:debug,*:error\"\n");
  made = finished{{"init", "--home", folder / "b", "--from", config}};
  CHECK_MESSAGE(made.output.find("log_level: not taken over")
                    != std::string::npos,
                made.output);
}

TEST_CASE_FIXTURE(other_home, "  Scenario: Tendermint 0.35 writes dashes, and "
                              "has a mode") {
  std::string text_of_35 = R"(mode = "seed"
node-key-file = "config/node_key.json"
[p2p]
laddr = "tcp://0.0.0.0:1"
bootstrap-peers = ")";
  text_of_35 += peer;
  text_of_35 += R"(a.example:1"
max-connections = 64
queue-type = "priority"
use-legacy = true
)";
  write_file(config, text_of_35);
  auto made = finished{{"init", "--home", home, "--from", config}};
  REQUIRE_MESSAGE(made.status == 0, made.errors);
  const auto text = read_file(home + "/config/troupe.conf");
  for (std::string line : {"\n  seed-mode = true",
                           "\n  queue-type = \"priority\"", "a.example:1\"]"})
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
}

TEST_CASE_FIXTURE(other_home,
                  "  Scenario: what cannot be taken over is refused "
                  "in words, and nothing is made of it") {
  struct row {
    std::string config;
    std::string said;
  };
  const row rows[] = {
      {"[p2p\nladdr = 1\n", "line 1: "},
      {"[p2p]\nladdr = \"tcp://nowhere:1\"\n", "p2p.laddr: "},
      {"[p2p]\npersistent_peers = \"127.1:1\"\n", "p2p.persistent_peers: "},
      {"[p2p]\nsend_rate = -1\n", "p2p.send_rate: \"-1\" is not a number"},
      {"[p2p]\nhandshake_timeout = \"soon\"\n",
       "p2p.handshake_timeout: \"soon\" is not a time"},
      {"genesis_file = \"nowhere.json\"\n", "option --network is missing"},
      {"node_key_file = \"nowhere.json\"\n", "nowhere.json"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.config);
    write_file(config, row.config);
    auto made = finished{{"init", "--home", home, "--from", config}};
    CHECK(made.status == 2);
    CHECK_MESSAGE(made.errors.find(row.said) != std::string::npos, made.errors);
    CHECK(made.errors.find('\n') == made.errors.size() - 1);
    CHECK_FALSE(std::filesystem::exists(home + "/config/troupe.conf"));
  }
  auto none = finished{{"init", "--home", home, "--from", folder / "nowhere"}};
  CHECK(none.status == 2);
  CHECK(none.errors.find("nowhere") != std::string::npos);
}

TEST_CASE_FIXTURE(other_home, "  Scenario: another key is never overwritten") {
  const auto own = make_home(home);
  std::filesystem::remove(home + "/config/troupe.conf");
  auto made = finished{{"init", "--home", home, "--from", config}};
  CHECK(made.status == 2);
  CHECK(made.errors.find("another key") != std::string::npos);
  CHECK(finished{{"show-node-id", "--home", home}}.output == own + "\n");
}
