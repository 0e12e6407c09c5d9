// SPDX-License-Identifier: Apache-2.0
//
// What a node counts over QUIC, and over TCP.
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "greeting_node.hpp"
#include "troupe/actors/operator/metrics_text.hpp"
#include "troupe/actors/operator/registry_metrics.hpp"
#include "troupe/tests/actors/operator/scraped.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// The values of a family by their labels, without that for the node.
using counted = std::map<std::string, double>;

/// What a system counts for its nodes.
std::map<std::string, counted> figures_of(caf::actor_system& sys) {
  metrics_text text;
  append_registry(text, sys.metrics());
  std::map<std::string, counted> result;
  for (const auto& [name, family] : parse_metrics(std::move(text).take()))
    if (name.starts_with("cometbft_p2p_"))
      for (const auto& sample : family.samples) {
        std::string labels;
        for (const auto& [label, value] : sample.labels)
          if (label != "node")
            labels += label + '=' + value + ' ';
        result[name][labels] += sample.value;
      }
  return result;
}

node_options options_for(int number) {
  constexpr auto never = std::chrono::hours{24};
  auto result = quic_node_options(number);
  result.retry = {.min_retry_time = never,
                  .max_retry_time = never,
                  .max_retry_time_persistent = never};
  return result;
}

/// Nodes over a protocol, and what becomes of them.
struct counting_world {
  explicit counting_world(std::string protocol, inbound_limits limits = {})
    : home(options_at(std::move(protocol), std::move(limits))) {
    home.where.subscribe(ear());
    home.where.observe(ear());
  }

  static node_options options_at(std::string protocol, inbound_limits limits) {
    auto result = options_for(1);
    result.listen = {std::move(protocol) + "://127.0.0.1:0"};
    result.inbound = std::move(limits);
    return result;
  }

  caf::blocking_actor* ear() {
    return home.self.operator->();
  }

  /// Dials the one that listens.
  node_options dialing(int number, std::string network = "testnet") {
    auto result = options_for(number);
    result.network = std::move(network);
    result.persistent_peers
        = {to_string(to_address(home.places.at(0), key_of(1).id()))};
    return result;
  }

  /// Waits until a connection has ended or was refused.
  errc next_end() {
    std::optional<errc> result;
    while (!result)
      ear()->receive(
          [&](const peer_update& x) {
            if (x.status == peer_status::down)
              result = x.reason;
          },
          [&](const node_event& x) {
            if (x.what == node_event::kind::refused)
              result = x.code;
          },
          caf::after(patience) >> [] { FAIL("nothing has ended"); });
    return *result;
  }

  greeting_node home;
};

/// Somebody comes, talks and goes; somebody else does not fit.
std::map<std::string, counted> figures_over(const std::string& protocol) {
  CAPTURE(protocol);
  counting_world world{protocol};
  std::optional<greeting_node> guest{std::in_place, world.dialing(2)};
  CHECK(world.home.next() == "hello");
  CHECK(guest->next() == "hello");
  guest.reset();
  CHECK(world.next_end() != errc::none);
  greeting_node stranger{world.dialing(3, "another")};
  CHECK(world.next_end() == errc::wrong_network);
  return figures_of(world.home.sys);
}

} // namespace

TEST_CASE("a node counts the same over QUIC as over TCP") {
  auto quic = figures_over("quic");
  auto tcp = figures_over("mconn");
  CHECK(quic["cometbft_p2p_new_connections_total"]["direction=in "] == 2);
  CHECK(quic["cometbft_p2p_message_receive_bytes_total"].size() == 1);
  CHECK(quic["cometbft_p2p_messages_received_total"].begin()->second == 1);
  CHECK(quic["cometbft_p2p_refused_connections_total"]
            ["direction=in reason=wrong_network "]
        == 1);
  for (const auto& [name, values] : tcp) {
    CAPTURE(name);
    CHECK(quic[name] == values);
  }
  CHECK(quic.size() == tcp.size());
}

TEST_CASE("whom a limit keeps out is counted over QUIC as over TCP") {
  for (auto protocol : {"mconn", "quic"}) {
    CAPTURE(protocol);
    counting_world world{protocol, {.max_per_ip = 1}};
    greeting_node guest{world.dialing(2)};
    CHECK(world.home.next() == "hello");
    greeting_node other{world.dialing(3)};
    CHECK(eventually(world.home.self, [&] {
      return figures_of(
                 world.home.sys)["cometbft_p2p_refused_connections_total"]
                                ["direction=in reason=too_many_from_ip "]
             == 1;
    }));
  }
}
