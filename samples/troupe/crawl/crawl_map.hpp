// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/time.hpp"

namespace troupe::command {

/// Most that a crawl remembers of what remotes say. What comes beyond it is
/// left out, and counted.
struct crawl_bounds {
  size_t nodes = 20'000;
  size_t addresses_of_a_node = 8;

  /// Nodes that one node tells of.
  size_t told_by_a_node = 1000;

  /// Who told of whom, altogether.
  size_t lines = 2'000'000;

  /// Bytes of a text.
  size_t text_size = 128;
};

/// What became of a node.
enum class crawl_state : uint8_t {
  /// Not dialed yet, or its dial has no outcome yet.
  waiting,
  /// It told us whom it knows.
  answered,
  /// It connected, and did not answer.
  silent,
  /// It connected, and takes no part in peer exchange.
  no_pex,
  /// It is of another network, or speaks another block protocol.
  incompatible,
  /// Nobody with its ID answers at any of its addresses.
  unreachable,
  /// None of its addresses is one to dial: see `address_scope`.
  not_dialed,
};

/// How many states there are.
inline constexpr size_t crawl_state_count = 7;

/// Returns the name as it stands in the source.
std::string to_string(crawl_state x);

/// A node as a crawl knows it.
struct crawled_node {
  node_id id = {};

  /// In the order in which they became known.
  std::vector<node_address> addresses = {};

  bool seed = false;

  /// How many nodes are between it and a seed, itself included.
  uint32_t hops = 0;

  crawl_state state = crawl_state::waiting;

  /// Why it did not answer, and what it said about that.
  errc reason = errc::none;
  std::string detail = {};

  /// What it says of itself; once it has connected.
  std::optional<peer_info> info = {};

  /// From the dial to the end of the handshake.
  std::optional<duration> connect_time = {};

  /// From our question to its answer.
  std::optional<duration> answer_time = {};

  /// Whom it told of, each once.
  std::vector<uint32_t> told = {};

  /// How many nodes told of it.
  uint32_t told_by = 0;
};

/// What a crawl has found: nodes, and who told of whom. Nodes have numbers,
/// from 0 in the order in which they became known.
class crawl_map {
public:
  /// What did not find room.
  struct left_out {
    uint64_t nodes = 0;
    uint64_t addresses = 0;
    uint64_t lines = 0;
  };

  crawl_map() = default;

  explicit crawl_map(const crawl_bounds& bounds) : bounds_(bounds) {}

  /// Learns of a node from the operator. @returns its number.
  uint32_t add_seed(const node_address& address);

  /// Learns what a node told. It does not tell of itself.
  /// @returns the numbers of those of whom something is new: they are, or one
  /// of
  ///          their addresses is.
  std::vector<uint32_t> add_told(uint32_t teller,
                                 const std::vector<node_address>& addresses);

  /// Takes note of who a node says it is.
  void set_info(uint32_t node, peer_info info, duration connect_time);

  void set_answered(uint32_t node, duration answer_time);

  /// @param detail for humans; may be a remote's.
  void set_state(uint32_t node, crawl_state state, errc reason,
                 std::string_view detail);

  [[nodiscard]] std::optional<uint32_t> find(const node_id& id) const;

  [[nodiscard]] const std::vector<crawled_node>& nodes() const noexcept {
    return nodes_;
  }

  [[nodiscard]] size_t line_count() const noexcept {
    return lines_;
  }

  [[nodiscard]] const left_out& omitted() const noexcept {
    return omitted_;
  }

private:
  /// @returns the number of the node, and whether something is new.
  std::pair<std::optional<uint32_t>, bool> learn(const node_address& address,
                                                 uint32_t hops);
  void connect(uint32_t teller, uint32_t node);

  crawl_bounds bounds_;
  std::vector<crawled_node> nodes_;
  std::unordered_map<node_id, uint32_t> numbers_;
  size_t lines_ = 0;
  left_out omitted_;
};

} // namespace troupe::command
