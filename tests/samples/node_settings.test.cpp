// SPDX-License-Identifier: Apache-2.0
//
// What each option of `troupe start` sets. What that does is shown elsewhere:
// the table in samples/troupe/README.md says where, and has to name them all.
#include "troupe/samples/troupe/node_settings.hpp"

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/samples/troupe/command_config.hpp"
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
    auto group = options();
    settings.add_to(group);
  }

  node_settings settings;
};

node_options no_options() {
  return {.key = node_key::from_seed(std::array<std::byte, 32>{})};
}

node_options parse(const words& arguments) {
  start_config config;
  auto bad = config.read_arguments(arguments);
  REQUIRE_MESSAGE(bad.code == errc::none, to_string(bad));
  auto result = no_options();
  bad = config.settings.apply(result);
  REQUIRE_MESSAGE(bad.code == errc::none, to_string(bad));
  return result;
}

struct row {
  std::string option;
  std::string value;
  std::function<bool(const node_options&)> is_set;
};

using list = std::vector<std::string>;
using ref = const node_options&;

/// A value for each option, none of them the default.
std::vector<row> rows() {
  return {
      {"external-address", "host:1",
       [](ref x) { return x.external_address == "host:1"; }},
      {"unconditional-peers", "a, b",
       [](ref x) {
         return x.unconditional_peers == list{"a", "b"};
       }},
      {"private-peers", "a,b",
       [](ref x) {
         return x.private_peers == list{"a", "b"};
       }},
      {"blocked-peers", "a",
       [](ref x) { return x.blocked_peers == list{"a"}; }},
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
      {"queue-type", "fifo", [](ref x) { return x.queue_type == "fifo"; }},
      {"unknown-channel", "disconnect",
       [](ref x) {
         return x.stream.receive.unknown_channel
                == unknown_channel_policy::disconnect;
       }},
      {"connection-memory", "7",
       [](ref x) { return x.stream.receive.connection_memory == 7; }},
      {"node-memory", "7",
       [](ref x) { return x.stream.receive.node_memory == 7; }},
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
  CHECK(names_in(start_config{}.help(), "  --") == tested);
  std::ifstream file{std::string{test::data_dir}
                     + "/../../samples/troupe/README.md"};
  const std::string manual{std::istreambuf_iterator<char>{file}, {}};
  CHECK(names_in(manual, "| `--") == tested);
}
