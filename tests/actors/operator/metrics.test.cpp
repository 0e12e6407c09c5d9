// SPDX-License-Identifier: Apache-2.0

// What nodes count, and what an operator gets of it.

#include "troupe/actors/operator/metrics.hpp"

#include "../world.hpp"
#include "counting_network.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("the nodes of one actor system are told apart") {
  counting_network net;
  net.serve();
  net.say(1, 0, 3, 1'000);
  net.advance(5s);
  net.stop(2);
  net.advance(5s);
  auto all = net.scrape();
  auto& peers = all.at("cometbft_p2p_peers");
  CHECK(peers.samples.size() == 3);
  CHECK(peers.sum({{"node", net.label(0)}}) == 1);
  CHECK(peers.sum({{"node", net.label(1)}}) == 1);
  // It has stopped.
  CHECK(peers.sum({{"node", net.label(2)}}) == 0);
  CHECK(all.at("cometbft_p2p_peers_stored").sum({{"node", net.label(2)}}) == 0);
  auto& received = all.at("cometbft_p2p_message_receive_bytes_total");
  CHECK(received.sum({{"node", net.label(0)}, {"channel", "0x70"}}) >= 3'000);
  CHECK(received.sum({{"node", net.label(1)}}) == 0);
  auto& sent = all.at("cometbft_p2p_message_send_bytes_total");
  CHECK(sent.sum({{"node", net.label(0)}}) == 0);
  CHECK(sent.sum({{"node", net.label(1)}}) == received.sum());
  CHECK(all.at("cometbft_p2p_messages_received_total").sum() == 3);
  CHECK(all.at("cometbft_p2p_messages_sent_total").sum() == 3);
  net.finish();
}

TEST_CASE("dials, connections and their ends are counted with their reasons") {
  counting_network net;
  net.serve();
  net.let_everything_happen();
  auto all = net.scrape();
  auto of = [&](const std::string& name,
                std::map<std::string, std::string> labels) {
    CAPTURE(name);
    REQUIRE(all.count("cometbft_p2p_" + name) == 1);
    return all.at("cometbft_p2p_" + name).sum(labels);
  };
  const auto zero = net.label(0);
  // Each of them is the end of three connections or two, some of which were
  // dialed from both sides.
  CHECK(of("new_connections_total", {{"direction", "out"}}) >= 3);
  CHECK(of("new_connections_total", {{"direction", "in"}})
        == of("new_connections_total", {{"direction", "out"}}));
  CHECK(of("peers_connected_success_total", {}) >= 3);
  CHECK(of("peers_connected_incoming", {{"node", zero}})
            + of("peers_connected_outgoing", {{"node", zero}})
        == 1);
  // Node 1, and the one that nobody reaches.
  CHECK(of("peers_stored", {{"node", zero}}) == 2);
  CHECK(of("peers_evicted_total", {{"node", zero}, {"reason", "banned"}}) == 1);
  CHECK(of("peers_disconnected_total", {{"node", zero}, {"reason", "banned"}})
        == 1);
  // The peer comes again and again.
  const auto refused
      = of("refused_connections_total",
           {{"node", zero}, {"direction", "in"}, {"reason", "banned"}});
  CHECK(refused > 1);
  // Nobody is where one of them should be.
  CHECK(of("peers_connected_failure_total", {{"node", zero}}) > 1);
  CHECK(of("refused_connections_total", {{"node", zero}, {"direction", "out"}})
        >= of("peers_connected_failure_total", {{"node", zero}}));
  CHECK(of("queue_dropped_msgs_total", {{"node", zero},
                                        {"channel", "0x70"},
                                        {"direction", "out"},
                                        {"reason", "queue_full"}})
        == static_cast<double>(net.board->refused[errc::queue_full]));
  net.finish();
}

TEST_CASE("the figures of single peers are those of the moment") {
  counting_network net;
  net.serve();
  net.let_everything_happen();
  auto all = net.scrape();
  // Of node 0 alone, as it is its endpoint. Node 2 has gone.
  for (const auto& [name, family] : all)
    if (name.starts_with("cometbft_p2p_peer_")) {
      CAPTURE(name);
      CHECK(family.values("peer_id") == std::set{net.label(1)});
      CHECK(family.values("node") == std::set{net.label(0)});
    }
  CHECK(
      all.at("cometbft_p2p_peer_receive_bytes_total").sum({{"channel", "0x71"}})
      >= 5'000);
  CHECK(all.at("cometbft_p2p_peer_rtt_seconds").sum() >= 0.08);
  CHECK(all.at("cometbft_p2p_peer_score").samples.size() == 1);
  const auto pending = [&] {
    return all.at("cometbft_p2p_peer_pending_send_bytes")
        .sum({{"channel", "0x70"}});
  };
  CHECK(pending() > 10'000);
  CHECK(all.at("cometbft_p2p_peer_dropped_msgs_total").sum() > 0);
  net.advance(1min);
  all = net.scrape();
  CHECK(pending() == 0);
  CHECK(all.at("cometbft_p2p_peer_send_bytes_total").sum()
        == all.at("cometbft_p2p_message_send_bytes_total")
               .sum({{"node", net.label(0)}}));
  net.stop(1);
  net.advance(10s);
  all = net.scrape();
  CHECK(all.at("cometbft_p2p_peer_score").samples.empty());
  net.finish();
}

TEST_CASE("no more single peers are shown than the options say, and those at "
          "most once a second") {
  counting_network net;
  SUBCASE("some") {
    net.serve({.peers_max = 1});
    CHECK(net.scrape().at("cometbft_p2p_peer_score").samples.size() == 1);
    net.finish();
  }
  SUBCASE("none") {
    net.serve({.peers_max = 0});
    auto all = net.scrape();
    CHECK(all.count("cometbft_p2p_peer_score") == 0);
    CHECK(all.at("cometbft_p2p_peers").sum({{"node", net.label(0)}}) == 2);
    net.finish();
  }
  SUBCASE("seldom") {
    net.serve();
    auto sent = [&net] {
      auto all = net.scrape();
      return std::pair{all.at("cometbft_p2p_peer_send_bytes_total").sum(),
                       all.at("cometbft_p2p_message_send_bytes_total")
                           .sum({{"node", net.label(0)}})};
    };
    CHECK(sent() == std::pair{0.0, 0.0});
    net.say(0, 1);
    net.advance(100ms);
    auto [of_peer, of_all] = sent();
    CHECK(of_peer == 0);
    CHECK(of_all > 0);
    net.advance(1s);
    CHECK(sent() == std::pair{of_all, of_all});
    net.finish();
  }
}

TEST_CASE("a node that does not answer still shows what it counts") {
  world world;
  std::vector<caf::response_promise> asked;
  auto router = world.spawn_guest([&asked](caf::event_based_actor* self) {
    return caf::behavior{[](caf::get_atom) { return std::vector<endpoint>{}; },
                         [&asked, self](list_atom, uint64_t) {
                           asked.push_back(self->make_response_promise());
                           return asked.back();
                         }};
  });
  auto counters = metrics{world.sys(), world.id(1)};
  counters.peers(1, 2);
  auto desk = std::make_shared<recording_desk>();
  auto server
      = world.guard(spawn_operator(world.sys(),
                                   node{world.id(1),
                                        caf::actor_cast<router_actor>(router),
                                        {},
                                        {},
                                        "wdrr",
                                        counters},
                                   desk, {.answer_time = 2s}));
  caf::anon_send(server, uint64_t{1}, "GET", "/metrics", "");
  caf::anon_send(server, uint64_t{2}, "GET", "/metrics", "");
  world.advance(1s);
  CHECK(desk->answers.empty());
  CHECK(asked.size() == 1);
  world.advance(1s);
  REQUIRE(desk->answers.size() == 2);
  CHECK(parse_metrics(desk->answers[2].body).at("cometbft_p2p_peers").sum()
        == 3);
  asked.clear();
  server = operator_actor{};
  world.stop_all();
}

TEST_CASE("the names of metrics begin as the options say") {
  counting_network net{
      [](node_options& options) { options.metrics_namespace = "tendermint"; }};
  net.serve();
  net.advance(1s);
  auto all = net.scrape();
  CHECK(all.at("tendermint_p2p_peers").sum({{"node", net.label(0)}}) == 2);
  CHECK(all.count("tendermint_p2p_peer_score") == 1);
  for (const auto& [name, family] : all)
    CHECK((name.starts_with("tendermint_p2p_") || name.starts_with("caf_")));
  net.finish();
}

TEST_CASE("a namespace of metrics is one that Prometheus takes") {
  for (auto good : {"a", "cometbft", "my_chain_2"})
    CHECK(is_metrics_namespace(good));
  for (auto bad : {"", "caf", "2nd", "_a", "a-b", "a.b", "a b", "\xc3\xa4"})
    CHECK_FALSE(is_metrics_namespace(bad));
}
