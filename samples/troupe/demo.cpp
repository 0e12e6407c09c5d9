// SPDX-License-Identifier: Apache-2.0
//
// troupe demo
#include <chrono>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/samples/troupe/channel_list.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/console.hpp"
#include "troupe/samples/troupe/pinger.hpp"
#include "troupe/samples/troupe/scoreboard.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

constexpr size_t nodes_max = 64;
constexpr size_t seconds_max = 86'400;

/// Time to find each other, besides the time to run.
constexpr duration grace = 20s;

constexpr duration ping_interval = 100ms;

struct demo_config : command_config {
  demo_config() : command_config("demo [--nodes 4] [--seconds 5] [--json]") {
    options()
        .add(nodes, "nodes", "number of nodes, 2 to 64; default: 4")
        .add(seconds, "seconds", "time to ping each other; default: 5")
        .add(json, "json", "prints events as JSON, one object a line");
  }

  size_t nodes = 4;
  size_t seconds = 5;
  bool json = false;
};

/// A network of nodes in this process that talk over TCP, and who watches it.
class demo {
public:
  demo(caf::actor_system& sys, const demo_config& config, console& out)
    : self_(sys),
      config_(config),
      out_(out),
      scores_(out.events()) {}

  int run() {
    began_ = self_->clock().now();
    if (auto status = start(); status != success)
      return status;
    introduce();
    const auto limit = self_->clock().now() + grace;
    watch_until(limit, [this] { return scores_.is_complete(); });
    if (scores_.is_complete()) {
      scores_.print_mesh(self_->clock().now() - began_);
      watch_until(self_->clock().now() + std::chrono::seconds{config_.seconds},
                  [] { return false; });
    }
    scores_.print_result(traffic());
    // A mesh that fell apart meanwhile has not settled.
    const auto missing = scores_.missing();
    stop();
    return missing.empty() ? success : out_.complain(failed, missing);
  }

private:
  /// Spawns the nodes and learns where they listen.
  int start() {
    // They all come from the same address.
    const auto this_host = ip_network::of(ip_address::v4(127, 0, 0, 1));
    for (size_t i = 0; i < config_.nodes; ++i) {
      nodes_.push_back(
          spawn_node(self_->system(), {.key = node_key::generate(random_),
                                       .network = "troupe-demo",
                                       .moniker = fmt::format("node-{}", i),
                                       .listen = "mconn://127.0.0.1:0",
                                       .max_connected = std::nullopt,
                                       .inbound = {.exempt = {this_host}}}));
      spawn_pinger(nodes_.back());
    }
    for (const auto& node : nodes_) {
      caf::error trouble;
      self_->request(node.router(), grace, caf::get_atom_v)
          .receive(
              [&](const std::vector<endpoint>& where) {
                addresses_.push_back(to_address(where.at(0), node.id()));
                scores_.add(node.id(), to_string(addresses_.back()));
              },
              [&](caf::error& reason) { trouble = std::move(reason); });
      if (trouble) {
        stop();
        return out_.complain(failed, text_of(trouble));
      }
    }
    return success;
  }

  /// Its pongs and the peer updates of its node come to us.
  void spawn_pinger(const node& node) {
    auto to = caf::actor_cast<caf::actor>(self_);
    command::spawn_pinger(
        self_->system(), node, ping_interval,
        [to, from = node.id()](const node_id& peer, duration rtt) {
          caf::anon_send(to, from, peer, caf::timespan{rtt});
        });
    self_->spawn([to, node](caf::event_based_actor* self) -> caf::behavior {
      node.subscribe(self);
      self->monitor(node.router());
      self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
      return {
          [to, id = node.id()](const peer_update& update) {
            caf::anon_send(to, id, update);
          },
      };
    });
  }

  /// Tells every node the addresses of all others.
  void introduce() {
    for (const auto& node : nodes_)
      for (const auto& address : addresses_)
        if (address.id != node.id())
          node.add_peer(address);
  }

  template <class Predicate>
  void watch_until(time_point limit, Predicate done) {
    while (!done()) {
      const auto left = limit - self_->clock().now();
      if (left <= duration::zero())
        return;
      self_->receive(
          [this](const node_id& who, const peer_update& update) {
            scores_.note(who, update);
          },
          [this](const node_id& from, const node_id& to, caf::timespan rtt) {
            scores_.answered(from, to, rtt);
          },
          caf::after(left) >> [] {});
    }
  }

  /// Bytes of messages that all nodes have sent, as the metrics have it.
  int64_t traffic() {
    auto family = self_->system().metrics().counter_family(
        "p2p", "message_send_bytes", {"ch_id"}, "Bytes of messages.", "bytes",
        true);
    return family->get_or_add({{"ch_id", to_text(echo_channel)}})->value();
  }

  void stop() {
    for (const auto& node : nodes_)
      node.stop();
    for (const auto& node : nodes_)
      self_->wait_for(node.router());
  }

  system_entropy random_;
  caf::scoped_actor self_;
  const demo_config& config_;
  console& out_;
  scoreboard scores_;
  std::vector<node> nodes_;
  std::vector<node_address> addresses_;
  time_point began_;
};

} // namespace

int run_demo(const words& arguments) {
  demo_config config;
  if (auto status = config.begin(arguments))
    return *status;
  if (config.nodes < 2 || config.nodes > nodes_max)
    return complain(bad_usage,
                    fmt::format("option --nodes: {}, expected 2 to {}",
                                config.nodes, nodes_max));
  if (config.seconds < 1 || config.seconds > seconds_max)
    return complain(bad_usage,
                    fmt::format("option --seconds: {}, expected 1 to {}",
                                config.seconds, seconds_max));
  console out{config.json};
  auto status = failed;
  {
    caf::actor_system sys{config};
    status = demo{sys, config, out}.run();
  }
  // Its result is all that a demo is for.
  if (!out.finish() && status == success)
    status = failed;
  return status;
}

} // namespace troupe::command
