// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/samples/troupe/crawl/address_scope.hpp"
#include "troupe/samples/troupe/crawl/crawl_map.hpp"

namespace troupe::command {

/// How fast and how long a crawl goes.
struct crawl_manners {
  /// Most nodes that it has to do with at once.
  size_t concurrency = 32;

  /// Most dials a second, without bursts.
  double rate = 20;

  /// How long a dial may take, and then an answer.
  duration patience = std::chrono::seconds{10};

  /// Most addresses of a node that are dialed, one after the other: whoever
  /// makes up addresses makes us knock there.
  size_t dials_of_a_node = 4;

  /// Whether nodes are asked whom they know. If not, it is enough that they
  /// connect.
  bool asks = true;
};

/// Where a crawl stands: whom to dial next, and whose answer is awaited. Nodes
/// are dialed in the order in which they became known, and each is asked once.
///
///     waiting --next--> dialed --up--> asked --told--> leaving --down--> gone
///        ^                |              |                ^
///        +---- failed ----+              +--- overdue ----+
///      (another address)
class crawl_frontier {
public:
  crawl_frontier(const crawl_manners& manners, const address_scope& scope,
                 const crawl_bounds& bounds = {});

  /// Begins with an address of the operator's.
  void add_seed(const node_address& address);

  /// @returns the next address to dial, if one may be dialed now.
  std::optional<node_address> next(time_point now);

  /// A dial failed.
  void failed(const node_id& node, errc reason, std::string_view detail);

  /// A node is connected.
  /// @returns whether it is to be asked. If not, nothing is wanted of it.
  bool up(const node_id& node, const peer_info& info, time_point now);

  /// A node answered.
  /// @returns whether it was asked. It may be left alone either way.
  bool told(const node_id& node, const std::vector<node_address>& addresses,
            time_point now);

  /// A node said what makes no sense, or does not answer.
  void silent(const node_id& node, errc reason, std::string_view detail,
              time_point now);

  /// A connection ended.
  void down(const node_id& node, errc reason, std::string_view detail,
            time_point now);

  /// Gives up those whose time is over.
  /// @returns their IDs: their connections are to end, if they have any.
  std::vector<node_id> give_up(time_point now);

  /// When to call `next` or `give_up` again, if nothing else happens before.
  [[nodiscard]] std::optional<time_point> wakeup() const;

  /// Whether nothing is left to do.
  [[nodiscard]] bool done() const;

  /// Nodes that are dialed, asked or leaving.
  [[nodiscard]] size_t busy() const noexcept {
    return flights_.size();
  }

  /// Nodes that wait for their dial.
  [[nodiscard]] size_t waiting() const noexcept {
    return queue_.size();
  }

  [[nodiscard]] const crawl_map& map() const noexcept {
    return map_;
  }

private:
  enum class phase : uint8_t { dialed, asked, leaving };

  /// A node that we have to do with.
  struct flight {
    phase at = phase::dialed;
    time_point since;
    time_point deadline;
  };

  /// How far we are with the addresses of a node.
  struct progress {
    /// The first one that was not looked at yet.
    uint32_t next_address = 0;
    uint32_t dials = 0;
    bool queued = false;
    /// Nothing more is wanted of it.
    bool finished = false;
  };

  progress& progress_of(uint32_t node);
  [[nodiscard]] bool dialable(uint32_t node);
  void enqueue(uint32_t node);
  void leave(std::map<node_id, flight>::iterator who, time_point now);

  crawl_manners manners_;
  address_scope scope_;
  crawl_map map_;
  std::vector<progress> progress_;
  std::deque<uint32_t> queue_;
  std::map<node_id, flight> flights_;
  std::optional<time_point> next_dial_;
};

} // namespace troupe::command
