// SPDX-License-Identifier: Apache-2.0
//
// troupe demo
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/pex/pex.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/channel_list.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/console.hpp"
#include "troupe/samples/troupe/descriptor_limit.hpp"
#include "troupe/samples/troupe/pinger.hpp"
#include "troupe/samples/troupe/scoreboard.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

constexpr size_t nodes_max = 200;
constexpr size_t seconds_max = 86'400;

/// Most nodes that all meet each other: connections grow with their square.
constexpr size_t mesh_max = 30;

/// Peers that each of more nodes dials.
constexpr size_t graph_degree = 8;

/// Time to find each other, besides the time to run.
constexpr duration grace = 20s;
constexpr duration grace_per_node = 250ms;

constexpr duration progress_interval = 250ms;

struct demo_config : command_config {
  demo_config()
    : command_config("demo [--nodes 4] [--seconds 5] [--transport quic] "
                     "[--json]") {
    options()
        .add(nodes, "nodes",
             "number of nodes, 2 to 200; default: 4. Up to 30, everybody meets "
             "everybody; of more, each dials 8")
        .add(seconds, "seconds", "time to ping each other; default: 5")
        .add(transport, "transport",
             "what they talk over, mconn (TCP) or quic (UDP); default: mconn")
        .add(json, "json", "prints events as JSON, one object a line");
  }

  /// How many peers each node dials. Absent: all.
  [[nodiscard]] std::optional<size_t> degree() const {
    return nodes <= mesh_max ? std::nullopt : std::optional{graph_degree};
  }

  /// Connections in the end. Both ends of each are here.
  [[nodiscard]] size_t connections() const {
    return degree() ? nodes * *degree() : nodes * (nodes - 1) / 2;
  }

  /// All together ping a thousand times a second at most.
  [[nodiscard]] duration ping_interval() const {
    return std::max<duration>(100ms, connections() * 2ms);
  }

  size_t nodes = 4;
  size_t seconds = 5;
  std::string transport{mconn_protocol};
  bool json = false;
};

/// A network of nodes in this process that talk over sockets, and who watches
/// it.
class demo {
public:
  demo(caf::actor_system& sys, const demo_config& config, console& out)
    : self_(sys),
      config_(config),
      out_(out),
      scores_(config.degree(), out.events()) {}

  int run() {
    if (auto status = start(); status != success)
      return status;
    introduce();
    scores_.begin(now());
    const auto limit = now() + grace + config_.nodes * grace_per_node;
    watch_until(limit, [this] { return scores_.is_complete(); });
    scores_.print_progress(now());
    if (scores_.is_complete()) {
      scores_.print_complete(now());
      const auto end = now() + std::chrono::seconds{config_.seconds};
      watch_until(end, [] { return false; });
    }
    scores_.print_result(traffic());
    // What fell apart meanwhile has not settled.
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
      nodes_.push_back(spawn_node(
          self_->system(),
          {.key = node_key::generate(random_),
           .network = "troupe-demo",
           .moniker = fmt::format("node-{}", i),
           .listen = {fmt::format("{}://127.0.0.1:0", config_.transport)},
           .channels_expected = 2,
           .max_connected = std::nullopt,
           .max_outgoing = config_.degree(),
           .inbound = {.exempt = {this_host}}}));
      spawn_reactors(nodes_.back());
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

  /// Their pongs, what they are told, and the peer updates of the node come to
  /// us.
  void spawn_reactors(const node& node) {
    auto to = caf::actor_cast<caf::actor>(self_);
    spawn_pinger(self_->system(), node, config_.ping_interval(),
                 [to, from = node.id()](const node_id& peer, duration rtt) {
                   caf::anon_send(to, from, peer, caf::timespan{rtt});
                 });
    spawn_pex(self_->system(), node,
              {.on_list = [to, who = node.id()](const pex_news& news) {
                caf::anon_send(to, who, news.from, uint64_t{news.told},
                               uint64_t{news.fresh});
              }});
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

  /// Tells every node where the first one is, and nothing else.
  void introduce() {
    for (const auto& node : nodes_)
      if (node.id() != nodes_.front().id())
        node.add_peer(addresses_.front());
  }

  time_point now() {
    return self_->clock().now();
  }

  template <class Predicate>
  void watch_until(time_point limit, Predicate done) {
    auto progress = now() + progress_interval;
    while (!done()) {
      const auto at = now();
      if (at >= limit)
        return;
      if (at >= progress) {
        scores_.print_progress(at);
        progress += progress_interval;
      }
      self_->receive(
          [this](const node_id& who, const peer_update& update) {
            scores_.note(who, update, now());
          },
          [this](const node_id& who, const node_id& by, uint64_t addresses,
                 uint64_t fresh) {
            scores_.told(who, by, addresses, fresh, now());
          },
          [this](const node_id& from, const node_id& to, caf::timespan rtt) {
            scores_.answered(from, to, rtt);
          },
          caf::after(std::min(limit, progress) - at) >> [] {});
    }
  }

  /// Bytes of messages that all nodes have sent, as the metrics have it.
  int64_t traffic() {
    int64_t sum = 0;
    for (const auto& node : nodes_)
      sum += node.counters()
                 .traffic(echo_channel, direction::outbound)
                 .bytes->value();
    return sum;
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
};

/// Makes room for all the sockets.
/// @returns what is wrong, if there is not enough.
std::string make_room(const demo_config& config) {
  // A node has files of its own.
  const auto least = 2 * config.connections() + 4 * config.nodes + 64;
  const auto limit = raise_descriptor_limit();
  if (limit >= least)
    return {};
  return fmt::format("option --nodes: {} nodes need {} file descriptors, and "
                     "the system allows {}",
                     config.nodes, least, limit);
}

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
  if (config.transport != mconn_protocol && config.transport != quic_protocol)
    return complain(bad_usage,
                    fmt::format("option --transport: {}, expected mconn or "
                                "quic",
                                troupe::quoted(config.transport)));
  if (auto bad = make_room(config); !bad.empty())
    return complain(failed, bad);
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
