// SPDX-License-Identifier: Apache-2.0
//
// What each option of `troupe start` sets. What that does is shown elsewhere:
// the table in samples/troupe/README.md says where, and has to name them all.
#include "troupe/samples/troupe/start_options.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/node/option_settings.hpp"
#include "troupe/actors/node/option_table.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/config_file.hpp"
#include "troupe/samples/troupe/option_pages.hpp"
#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace std::chrono_literals;

namespace {

/// What `main` does before anything else.
struct registered_types {
  registered_types() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::io::middleman::init_global_meta_objects();
    caf::core::init_global_meta_objects();
  }
};

struct start_config : registered_types, command_config {
  start_config() : command_config("start") {
    add(all_start_options());
  }
};

node_options no_options() {
  return {.key = node_key::from_seed(std::array<std::byte, 32>{})};
}

node_options options_of(const start_config& config) {
  auto result = no_options();
  const auto bad
      = apply_settings(option_table(), content(config), "troupe", result);
  REQUIRE_MESSAGE(bad.code == errc::none, to_string(bad));
  return result;
}

node_options parse(const words& arguments) {
  start_config config;
  auto bad = config.read_arguments(arguments);
  REQUIRE_MESSAGE(bad.code == errc::none, to_string(bad));
  return options_of(config);
}

/// What is said against a command line.
std::string refusal(const words& arguments) {
  start_config config;
  return to_string(config.read_arguments(arguments));
}

constexpr auto id = "0123456789abcdef0123456789abcdef01234567";

struct row {
  std::string option;
  std::string value;
  std::function<bool(const node_options&)> is_set;
};

using list = std::vector<std::string>;
using ref = const node_options&;

/// A value for each option, none of them the default.
std::vector<row> rows() {
  const auto address = std::string{id} + "@c:1";
  return {
      {"network", "net", [](ref x) { return x.network == "net"; }},
      {"moniker", "me", [](ref x) { return x.moniker == "me"; }},
      {"listen", "[::]:1,mconn://0.0.0.0:1",
       [](ref x) {
         return x.listen == list{"[::]:1", "mconn://0.0.0.0:1"};
       }},
      {"persistent-peers", address,
       [address](ref x) { return x.persistent_peers == list{address}; }},
      {"bootstrap-peers", address,
       [address](ref x) { return x.bootstrap_peers == list{address}; }},
      {"external-address", "host:1",
       [](ref x) { return x.external_address == "host:1"; }},
      {"preferred-peers", std::string{id} + ", " + address,
       [address](ref x) {
         return x.preferred_peers == list{id, address};
       }},
      {"preferred-weight", "7", [](ref x) { return x.preferred_weight == 7; }},
      {"port-mapping", "any", [](ref x) { return x.port_mapping == "any"; }},
      {"unconditional-peers", id,
       [](ref x) { return x.unconditional_peers == list{id}; }},
      {"private-peers", id, [](ref x) { return x.private_peers == list{id}; }},
      {"blocked-peers", id, [](ref x) { return x.blocked_peers == list{id}; }},
      {"addr-book-strict", "false",
       [](ref x) { return !x.address_book_strict; }},
      {"allow-ips", "10.0.0.0/8,10.0.0.1",
       [](ref x) {
         return x.allow_ips == list{"10.0.0.0/8", "10.0.0.1"};
       }},
      {"deny-ips", "10.0.0.0/8",
       [](ref x) { return x.deny_ips == list{"10.0.0.0/8"}; }},
      {"exempt-ips", "10.0.0.0/8",
       [](ref x) {
         return x.inbound.exempt.size() == 1
                && to_string(x.inbound.exempt[0]) == "10.0.0.0/8";
       }},
      {"max-connected", "7", [](ref x) { return x.max_connected == 7u; }},
      {"max-connected", "0", [](ref x) { return !x.max_connected; }},
      {"max-connected-upgrade", "7",
       [](ref x) { return x.max_connected_upgrade == 7; }},
      {"max-visitors", "7", [](ref x) { return x.max_visitors == 7; }},
      {"max-peers", "7", [](ref x) { return x.max_peers == 7; }},
      {"max-outgoing", "7", [](ref x) { return x.max_outgoing == 7u; }},
      {"max-incoming", "7", [](ref x) { return x.max_incoming == 7u; }},
      {"max-dials", "7", [](ref x) { return x.max_dials == 7; }},
      {"max-accepted", "7", [](ref x) { return x.max_accepted == 7u; }},
      {"max-handshakes", "7", [](ref x) { return x.handshakes.max == 7; }},
      {"max-handshakes-per-ip", "7",
       [](ref x) { return x.handshakes.max_per_ip == 7; }},
      {"max-handshakes-per-subnet", "7",
       [](ref x) { return x.handshakes.max_per_subnet == 7; }},
      {"max-per-ip", "7", [](ref x) { return x.inbound.max_per_ip == 7; }},
      {"max-per-subnet", "7",
       [](ref x) { return x.inbound.max_per_subnet == 7; }},
      {"subnet-limits", "all",
       [](ref x) { return x.inbound.subnet_limits == subnet_scope::all; }},
      {"subnet-bits-v4", "7",
       [](ref x) { return x.inbound.subnet.bits_v4 == 7; }},
      {"subnet-bits-v6", "7",
       [](ref x) { return x.inbound.subnet.bits_v6 == 7; }},
      {"ip-rate", "7",
       [](ref x) {
         return x.inbound.ip_rate == rate_limit{7, 70};
       }},
      {"ip-rate", "0", [](ref x) { return !x.inbound.ip_rate; }},
      {"subnet-rate", "7",
       [](ref x) {
         return x.inbound.subnet_rate == rate_limit{7, 70};
       }},
      {"total-rate", "0.01",
       [](ref x) {
         return x.inbound.total_rate == rate_limit{0.01, 1};
       }},
      {"resolve-timeout", "7ms",
       [](ref x) { return x.resolve_timeout == 7ms; }},
      {"dial-timeout", "7ms", [](ref x) { return x.dial_timeout == 7ms; }},
      {"handshake-timeout", "7ms",
       [](ref x) { return x.handshake_timeout == 7ms; }},
      {"min-retry-time", "7ms",
       [](ref x) { return x.retry.min_retry_time == 7ms; }},
      {"max-retry-time", "7ms",
       [](ref x) { return x.retry.max_retry_time == 7ms; }},
      {"max-retry-time-persistent", "7ms",
       [](ref x) { return x.retry.max_retry_time_persistent == 7ms; }},
      {"retry-time-jitter", "7ms",
       [](ref x) { return x.retry.retry_time_jitter == 7ms; }},
      {"disconnect-cooldown", "7ms",
       [](ref x) { return x.disconnect_cooldown == 7ms; }},
      {"probe-time", "7ms", [](ref x) { return x.probe_time == 7ms; }},
      {"ping-interval", "7ms",
       [](ref x) { return x.stream.keepalive.ping_interval == 7ms; }},
      {"pong-timeout", "7ms",
       [](ref x) { return x.stream.keepalive.pong_timeout == 7ms; }},
      {"send-rate", "7", [](ref x) { return x.stream.send_rate == 7u; }},
      {"recv-rate", "7", [](ref x) { return x.stream.recv_rate == 7u; }},
      {"node-send-rate", "7",
       [](ref x) { return x.stream.node_send_rate == 7u; }},
      {"node-recv-rate", "7",
       [](ref x) { return x.stream.node_recv_rate == 7u; }},
      {"recv-rate", "0", [](ref x) { return !x.stream.recv_rate; }},
      {"send-payload-max", "7",
       [](ref x) { return x.stream.send_payload_max == 7; }},
      {"recv-payload-max", "7",
       [](ref x) { return x.stream.recv_payload_max == 7; }},
      {"metrics-namespace", "tendermint",
       [](ref x) { return x.metrics_namespace == "tendermint"; }},
      {"queue-type", "fifo", [](ref x) { return x.queue_type == "fifo"; }},
      {"unknown-channel", "disconnect",
       [](ref x) {
         return x.stream.receive.unknown_channel
                == unknown_channel_policy::disconnect;
       }},
      {"connection-memory", "1048577",
       [](ref x) { return x.stream.receive.connection_memory == 1048577; }},
      {"node-memory", "1048577",
       [](ref x) { return x.stream.receive.node_memory == 1048577; }},
      {"progress-bytes", "7",
       [](ref x) { return x.stream.receive.progress_bytes == 7; }},
      {"progress-time", "7ms",
       [](ref x) { return x.stream.receive.progress_time == 7ms; }},
  };
}

/// The first word of each line that begins with `mark`.
std::set<std::string> names_in(const std::string& text,
                               const std::string& mark) {
  std::set<std::string> result;
  for (size_t at = 0; (at = text.find("\n" + mark, at)) != std::string::npos;) {
    at += mark.size() + 1;
    result.insert(text.substr(at, text.find_first_of(" `=\n", at) - at));
  }
  return result;
}

} // namespace

TEST_CASE("each option sets what it is named after, and nothing without it") {
  for (const auto& row : rows()) {
    CAPTURE(row.option);
    CHECK(row.is_set(parse({"--" + row.option + "=" + row.value})));
    CHECK_FALSE(row.is_set(parse({})));
  }
}

TEST_CASE("without options, a node is as it is by default") {
  const auto found = parse({});
  const auto expected = no_options();
  CHECK(found.max_connected == expected.max_connected);
  CHECK(found.max_outgoing == expected.max_outgoing);
  CHECK(found.max_incoming == expected.max_incoming);
  CHECK(found.inbound == expected.inbound);
  CHECK(found.stream.send_rate == expected.stream.send_rate);
  CHECK(found.retry.retry_time_jitter == expected.retry.retry_time_jitter);
}

TEST_CASE("no option is missing here, nor in the table of the manual") {
  std::set<std::string> tested;
  for (const auto& row : rows())
    tested.insert(row.option);
  std::set<std::string> known;
  for (const auto& row : option_table())
    known.insert(std::string{row.name});
  CHECK(known == tested);
  std::ifstream file{std::string{test::data_dir}
                     + "/../../samples/troupe/README.md"};
  const std::string manual{std::istreambuf_iterator<char>{file}, {}};
  CHECK(names_in(manual, "| `--") == tested);
}

// -- names --------------------------------------------------------------------

TEST_CASE("CometBFT's words are understood, as on its own command line") {
  const auto address = std::string{id} + "@host:26656";
  const auto found
      = parse({"--p2p.laddr=tcp://0.0.0.0:26656", "--p2p.seeds", address,
               "--p2p.persistent_peers=" + address, "--p2p.private_peer_ids",
               id, "--max_num_inbound_peers=7", "--p2p.external-address=host:1",
               "--max_per_ip=9"});
  CHECK(found.listen == list{"tcp://0.0.0.0:26656"});
  CHECK(found.bootstrap_peers == list{address});
  CHECK(found.persistent_peers == list{address});
  CHECK(found.private_peers == list{id});
  CHECK(found.max_incoming == 7u);
  CHECK(found.external_address == "host:1");
  CHECK(found.inbound.max_per_ip == 9);
}

TEST_CASE("a typo is answered with the nearest name") {
  const std::pair<std::string, std::string_view> rows[] = {
      {"--listne=x", "did you mean --listen?"},
      {"--max-perip=3", "did you mean --max-per-ip?"},
      {"--persistant_peers=x", "did you mean --persistent-peers?"},
      {"--sedes=x", "did you mean --bootstrap-peers?"},
      {"-max-peers=3", "did you mean --max-peers?"},
      {"--caf.scheduler.max-thread=3",
       "did you mean --caf.scheduler.max-threads?"},
      {"--p2p.upnp", "port-mapping is upnp"},
      {"--p2p.allow_duplicate_ip=true", "max-per-ip says"},
      {"--rpc.laddr=x", "other parts of CometBFT"},
      {"--proxy_app=kvstore", "other parts of CometBFT"},
  };
  for (const auto& [word, said] : rows) {
    const auto answer = refusal({word});
    CHECK_MESSAGE(answer.find(said) != std::string::npos, answer);
    CHECK(answer.starts_with("unknown option \""));
  }
  CHECK(refusal({"--quux"}).find("did you mean") == std::string::npos);
}

// -- the environment ----------------------------------------------------------

TEST_CASE("the environment is read and checked like the command line, which "
          "wins") {
  const auto with = [](const char* name, const char* value,
                       const words& arguments) {
    ::setenv(name, value, 1);
    start_config config;
    auto bad = config.read_environment();
    if (bad.code == errc::none)
      bad = config.read_arguments(arguments);
    ::unsetenv(name);
    return bad.code == errc::none ? std::to_string(options_of(config).max_peers)
                                  : to_string(bad);
  };
  CHECK(with("TROUPE_MAX_PEERS", "77", {}) == "77");
  CHECK(with("TROUPE_MAX_PEERS", "77", {"--max-peers=88"}) == "88");
  CHECK(with("TROUPE_MAX_PEERS", "", {}) == "10000");
  CHECK(with("TROUPE_MAX_PEERS", "many", {})
        == "variable TROUPE_MAX_PEERS: \"many\" is not a number of at least 1");
}

// -- what is written about options --------------------------------------------

TEST_CASE("help has each option under its heading, with its default, in 80 "
          "columns") {
  const auto help = start_config{}.help();
  std::set<std::string> all;
  for (const auto& [info, initial] : all_start_options())
    all.insert(std::string{info->name});
  CHECK(names_in(help, "  --") == all);
  for (std::string_view line :
       {"\nPeers\n",
        "\n  --max-dials N                 most dials at once "
        "(default: 32)\n",
        "(default: 64; 0: no", "(default: 3s)", "default: 5120000 bytes a"})
    CHECK_MESSAGE(help.find(line) != std::string::npos, line);
  for (size_t at = 0; at < help.size();) {
    const auto end = help.find('\n', at);
    CHECK_MESSAGE(end - at <= 80, help.substr(at, end - at));
    at = end + 1;
  }
}

TEST_CASE("the configuration that init writes has every option, and says what "
          "is true") {
  const auto options = all_start_options();
  auto text = config_file_of(options, {{"network", "a \"net\""}});
  CHECK(text.find("  network = \"a \\\"net\\\"\"\n") != std::string::npos);
  // With every line in force, everything is as it is without.
  for (const auto& [info, initial] : options) {
    const auto line = fmt::format("\n  # {} = ", info->name);
    const auto at = text.find(line);
    CHECK_MESSAGE((at != std::string::npos) == (info->name != "network"),
                  info->name);
    if (at != std::string::npos)
      text.erase(at + 3, 2);
  }
  const auto entries = command::parse_config_file(text);
  REQUIRE_MESSAGE(entries.has_value(), to_string(entries.error()));
  CHECK(entries->size() == options.size());
  for (const auto& entry : *entries) {
    const auto* info = option_of_key(entry.name);
    REQUIRE(info != nullptr);
    auto value = read_option(*info, entry.value);
    REQUIRE_MESSAGE(value.has_value(), entry.name);
    for (const auto& [other, initial] : options)
      if (other == info && info->name != "network")
        CHECK_MESSAGE(*value == initial, entry.name);
  }
}

TEST_CASE("the reference has every option in each of its forms") {
  const auto options = all_start_options();
  const auto object = nlohmann::json::parse(json_of(options));
  REQUIRE(object.size() == options.size());
  const auto markdown = markdown_of(options);
  const auto man = man_of(options);
  const auto completion = bash_completion_of(options, {"init", "start"});
  for (size_t i = 0; i < options.size(); ++i) {
    const auto& info = *options[i].info;
    CAPTURE(info.name);
    CHECK(object[i].at("name") == info.name);
    CHECK(object[i].at("default") == print_option(options[i].initial));
    CHECK(markdown.find(fmt::format("| `{}`", info.name)) != std::string::npos);
    auto in_man = fmt::format("--{}", info.name);
    for (size_t at = 0; (at = in_man.find('-', at)) != std::string::npos;
         at += 2)
      in_man.insert(at, "\\");
    CHECK(man.find(".B " + in_man) != std::string::npos);
    CHECK(completion.find(fmt::format(" --{}", info.name))
          != std::string::npos);
  }
}
