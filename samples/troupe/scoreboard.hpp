// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/samples/troupe/event_printer.hpp"
#include "troupe/samples/troupe/round_trips.hpp"

namespace troupe::command {

/// Keeps who met whom in a demo, and how fast they answer; prints it as tables
/// or as JSON.
class scoreboard {
public:
  /// @param out has to outlive the board.
  explicit scoreboard(event_printer& out) : out_(out) {}

  /// Takes the next node in and prints it.
  void add(const node_id& id, const std::string& address);

  /// A node heard about a peer.
  void note(const node_id& who, const peer_update& update);

  /// A node got an answer from a peer.
  void answered(const node_id& from, const node_id& to, duration rtt);

  /// Whether every node is connected to and has an answer from every other.
  [[nodiscard]] bool is_complete() const;

  /// Names the first pair that keeps the board from being complete. Empty if
  /// there is none.
  [[nodiscard]] std::string missing() const;

  /// Prints that the mesh has formed.
  void print_mesh(duration took);

  /// Prints the round trips of all pairs and the sums.
  /// @param traffic in bytes.
  void print_result(int64_t traffic);

private:
  using pair = std::pair<size_t, size_t>;

  /// The number of a node, by which it is called on the screen.
  [[nodiscard]] size_t number_of(const node_id& id) const;

  void print_pairs();
  void print_table();

  event_printer& out_;
  std::vector<node_id> nodes_;
  std::map<node_id, size_t> numbers_;
  std::set<pair> connected_;
  std::map<pair, round_trips> round_trips_;
};

} // namespace troupe::command
