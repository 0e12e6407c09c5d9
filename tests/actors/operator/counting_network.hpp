// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <fmt/format.h>

#include "recording_desk.hpp"
#include "scraped.hpp"
#include "troupe/actors/operator/operator_actor.hpp"
#include "troupe/tests/harness/sim_latency.hpp"
#include "troupe/tests/scenarios/talk.hpp"

namespace troupe::test {

/// Three nodes of one actor system, in which everything happens that is
/// counted. An operator scrapes the first of them.
struct counting_network : talking_network {
  explicit counting_network(const std::function<void(node_options&)>& change
                            = {})
    : talking_network(7, fidelity::mconn) {
    add_nodes(3, [&change](size_t number, node_options& options) {
      // Nobody is there.
      if (number == 0)
        options.bootstrap_peers
            = {fmt::format("mconn://{:a>40}@10.99.99.99:26656", "")};
      options.retry.min_retry_time = 1s;
      options.retry.max_retry_time_persistent = 2s;
      if (change)
        change(options);
    });
    connect({{0, 1}, {1, 2}, {0, 2}});
    relink(0, 1, {.latency = sim_latency::fixed(40ms), .bandwidth = 100'000});
    REQUIRE(mesh());
  }

  /// Opens the node to an operator.
  void serve(operator_options options = {}) {
    server = spawn_operator(system().sys(), (*this)[0], desk, options);
    settle();
  }

  /// What an operator gets now, as text. The node answers within a second.
  std::string scrape_text() {
    caf::anon_send(server, ++last, "GET", "/metrics", "");
    REQUIRE(run_until([this] { return desk->answers.count(last) > 0; }, 10s));
    const auto& answer = desk->answers[last];
    REQUIRE(answer.status == 200);
    return answer.body;
  }

  scraped_metrics scrape() {
    return parse_metrics(scrape_text());
  }

  /// Makes everything happen: at the end, node 0 has node 1 as its peer, and
  /// node 2 is banned.
  void let_everything_happen() {
    // Somebody asks, which makes connections measure the way.
    scrape();
    say(1, 0, 5, 1'000, second_channel);
    advance(5s);
    (*this)[0].ban(id(2), 1h, "noise");
    advance(10s);
    // More than may wait, and more than goes over the link at once.
    say(0, 1, 1'000, 1'000);
    advance(500ms);
  }

  std::string label(size_t number) {
    return to_string(id(number));
  }

  /// Ends the operator's actor, too, before anybody looks for what is left.
  void finish() {
    server = operator_actor{};
    talking_network::finish();
  }

  std::shared_ptr<recording_desk> desk = std::make_shared<recording_desk>();
  operator_actor server;
  uint64_t last = 0;
};

} // namespace troupe::test
