// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/samples/gossip/plumtree.hpp"
#include "troupe/tests/harness/sim_random.hpp"

namespace troupe::test {

/// Cores of a gossip that talk over links of their own: without actors, so that
/// a test can play thousands of messages.
class toy_network {
public:
  using message_ptr = std::shared_ptr<const google::protobuf::Message>;

  toy_network(uint64_t seed, size_t nodes, const gossip_options& options = {});

  static node_id id_of(size_t number);

  // -- links ------------------------------------------------------------------

  /// Connects two nodes, with a latency that is drawn.
  void connect(size_t a, size_t b);

  /// Ends a connection. What is on its way is lost.
  void disconnect(size_t a, size_t b);

  [[nodiscard]] bool connected(size_t a, size_t b) const {
    return links_.count({a, b}) != 0;
  }

  /// Of a thousand messages, how many get lost and how many come twice.
  unsigned lost_per_mille = 0;
  unsigned twice_per_mille = 0;

  /// If set, says which messages get through.
  std::function<bool(size_t from, size_t to, const google::protobuf::Message&)>
      lets_through;

  // -- nodes ------------------------------------------------------------------

  gossip_id publish(size_t node, std::string content);

  /// If set, is the verdict of a node; otherwise everything is accepted.
  std::function<gossip_verdict(size_t node, const gossip_message&)> verdict;

  plumtree& operator[](size_t node) {
    return *nodes_[node];
  }

  [[nodiscard]] size_t size() const {
    return nodes_.size();
  }

  /// Does what a node wants to be done.
  void perform(size_t node);

  /// Something arrives that no node has sent.
  template <class Message>
  void inject(size_t from, size_t to, const Message& what) {
    nodes_[to]->received(id_of(from), what, now);
    perform(to);
  }

  void advance(duration span);

  // -- what happened ----------------------------------------------------------

  /// How often a node got a message; its own count.
  [[nodiscard]] size_t got(size_t node, const gossip_id& what) const;

  /// How many nodes have a message.
  [[nodiscard]] size_t reached(const gossip_id& what) const;

  /// Who was blamed, by whom.
  std::set<std::pair<size_t, size_t>> blamed;

  /// Messages that were sent, and their bytes, by the name of their type.
  std::map<std::string, std::pair<size_t, size_t>> sent;

  testing::sim_random random;
  time_point now{};

private:
  struct line {
    duration latency;
    uint64_t number;
    time_point last_arrival = {};
  };

  struct parcel {
    size_t from;
    size_t to;
    uint64_t link;
    message_ptr what;
  };

  void send(size_t from, size_t to, const message_ptr& what);

  void arrive(const parcel& what);

  /// Notes when a node has something to do.
  void schedule(size_t node);

  std::vector<std::unique_ptr<plumtree>> nodes_;
  std::vector<std::map<gossip_id, size_t>> got_;
  std::map<std::pair<size_t, size_t>, line> links_;
  std::map<std::pair<time_point, uint64_t>, parcel> on_its_way_;
  std::vector<std::optional<time_point>> wakeup_of_;
  std::set<std::pair<time_point, size_t>> wakeups_;
  uint64_t counter_ = 0;
};

} // namespace troupe::test
