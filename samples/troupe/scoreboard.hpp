// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

/// Keeps who met whom in a demo, and how fast they answer; prints it as it
/// happens, and in the end as a table or as JSON.
class scoreboard {
public:
  /// @param degree how many peers each node is to have. Absent: every node is
  ///               to meet every other.
  /// @param out    has to outlive the board.
  scoreboard(std::optional<size_t> degree, event_printer& out)
    : degree_(degree),
      out_(out) {}

  /// Takes the next node in and prints it.
  void add(const node_id& id, const std::string& address);

  /// Time is counted from here.
  void begin(time_point now);

  // -- what happens -----------------------------------------------------------

  /// A node heard about a peer.
  void note(const node_id& who, const peer_update& update, time_point now);

  /// A peer told a node addresses, some of which were new to it.
  void told(const node_id& who, const node_id& by, size_t addresses,
            size_t fresh, time_point now);

  /// A node got an answer from a peer.
  void answered(const node_id& from, const node_id& to, duration rtt);

  /// Prints how far it is, where single meetings would be too many lines.
  void print_progress(time_point now);

  // -- what came of it --------------------------------------------------------

  /// Whether there is what there is to be, and every connection has an answer.
  [[nodiscard]] bool is_complete() const;

  /// Names the first thing that keeps the board from being complete. Empty if
  /// there is none.
  [[nodiscard]] std::string missing() const;

  /// Prints that it is complete.
  void print_complete(time_point now);

  /// Prints the round trips of all pairs and the sums.
  /// @param traffic in bytes.
  void print_result(int64_t traffic);

private:
  using pair = std::pair<size_t, size_t>;

  /// The number of a node, by which it is called on the screen.
  [[nodiscard]] size_t number_of(const node_id& id) const;

  [[nodiscard]] bool prints_meetings() const;
  [[nodiscard]] int64_t since_begin(time_point now) const;
  [[nodiscard]] std::string stamp(time_point now) const;
  [[nodiscard]] std::string missing_link() const;
  [[nodiscard]] std::string missing_degree() const;
  [[nodiscard]] size_t reachable() const;
  void count_peer(size_t who, bool more);
  void print_pairs();
  void print_table();

  std::optional<size_t> degree_;
  event_printer& out_;
  time_point began_;
  std::string last_progress_;
  std::vector<node_id> nodes_;
  std::map<node_id, size_t> numbers_;
  std::set<pair> connected_;
  /// Peers that each node has, and nodes that have enough.
  std::vector<size_t> degrees_;
  size_t satisfied_ = 0;
  /// Connections without an answer yet.
  std::set<pair> unanswered_;
  std::map<pair, round_trips> round_trips_;
};

} // namespace troupe::command
