// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random operations against a reference that is simple because it is slow: it
// keeps books of what a caller knows, looks at everything, and has no index.
// After each step hold the invariants of the peer life cycle.

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

namespace troupe::test {

using testing::peer_manager_view;

/// Peers in the game, ours among them.
inline constexpr std::string_view everybody = "acegikmoqsuwy";

inline constexpr uint16_t addresses_per_peer = 3;

/// A caller that does what it may and what it may not, and keeps books.
class caller {
public:
  caller(peer_manager_options options, uint64_t seed)
    : w(options, seed),
      limits(std::move(options)),
      dice(seed) {}

  void step();

  /// What must hold between any two operations: the manager has going on what
  /// we have in our books and no more than it may, and its updates tell the
  /// same.
  void check();

  /// No peer has a better score than one of a better class, and nothing is
  /// remembered that should not be.
  void inspect();

  size_t refusals = 0;
  size_t replacements = 0;

  /// A connection over QUIC took the place of another one.
  size_t better_protocols = 0;
  size_t expiries = 0;
  size_t admissions = 0;
  size_t evictions = 0;
  size_t bans = 0;
  size_t upgrades = 0;
  size_t sleeps = 0;
  size_t learned = 0;
  size_t feelers = 0;

  /// Somebody found no slot, and visits.
  size_t visits = 0;

  /// Somebody made way for the sake of networks.
  size_t exchanges = 0;

private:
  struct live_connection {
    uint64_t generation;
    direction way;
    std::string protocol = {};
    bool up = false;
    bool condemned = false;
    bool evicting = false;
    std::optional<time_point> probed = {};
    std::optional<time_point> visit_ends = {};
  };

  // -- operations -------------------------------------------------------------

  /// Time has passed: what only time changes happens first.
  void tick();
  void note_bans();
  void add();
  void learn();
  void forget();
  void dial_next();

  /// No wake-up is lost, judged by looking at everything: nobody could be
  /// dialed, and no event is needed to find the next one.
  void nobody_to_dial(const std::vector<peer_report>& eligible);
  void dial_failed(const node_address& x);
  void dialed(const node_address& x);
  void accepted(const node_id& id);
  void ready(const connection_ref& which);
  void errored(const connection_ref& which);
  void evict_next();
  void disconnected(const connection_ref& which);
  void report();
  void steer();
  void change_limits();
  void probe();

  // -- judgement --------------------------------------------------------------

  void judge(const node_id& id, direction way, const std::string& protocol,
             const admission& verdict);
  void judge_accepted(const peer_manager_view& before, const node_id& id,
                      const std::optional<ip_network>& subnet,
                      const std::optional<endpoint>& from,
                      const std::optional<peer_report>& about,
                      const admission& verdict);

  /// What `accepted` has to say about a peer that is neither connected nor
  /// banned, blocked or ourselves.
  errc expect_admission(const peer_manager_view& view, const node_id& id,
                        const std::optional<ip_network>& subnet,
                        const std::optional<peer_report>& about);

  /// Somebody came in though nobody is worse: then one made way of whose
  /// network there were more.
  void judge_exchange(const peer_manager_view& before,
                      const std::optional<endpoint>& from, errc expected,
                      const admission& verdict);
  static std::string group_of(const endpoint& where);

  /// Number of inbound connections from there that stay.
  size_t count_group(const peer_manager_view& view, const std::string& group);
  std::string group_of(const peer_manager_view::connection& which);

  /// Everybody who could be dialed if there were room.
  std::vector<peer_report> candidates();
  bool in_use(const node_address& x);
  static size_t count(const peer_manager_view& view,
                      std::optional<direction> way, bool condemned_too);

  /// Most inbound connections.
  static std::optional<size_t> incoming_max(const connection_limits& now);
  std::pair<size_t, size_t> count_dials(const peer_manager_view& view);
  bool has_room(const peer_manager_view& view);
  bool has_upgrade_room(const peer_manager_view& view);

  /// If there are as many outgoing connections as there may be, one of them has
  /// to make way for the next.
  std::optional<direction> dial_victim_way(const peer_manager_view& view);

  /// Whether an ordinary peer is worse enough to make way for `who`.
  bool has_victim(const peer_manager_view& view, const peer_report& who,
                  std::optional<direction> way,
                  const std::optional<ip_network>& subnet = {});
  void check_updates();

  // -- books ------------------------------------------------------------------

  live_connection* find(const connection_ref& which);
  node_id random_peer();
  std::optional<ip_network> random_subnet();
  std::optional<endpoint>
  random_endpoint(const std::optional<ip_network>& subnet);

  /// Mostly of a peer that is being dialed.
  node_address random_address();

  /// Mostly one that is there.
  connection_ref random_connection();

  using place = std::pair<std::string, uint16_t>;

  world w;
  peer_manager_options limits;
  std::mt19937_64 dice;
  size_t profiles = 0;
  std::map<node_id, time_point> dials;
  std::map<node_id, live_connection> live;
  std::map<node_id, std::pair<place, uint64_t>> dialed_at;
  std::map<node_id, uint64_t> up;
  /// Where those are who came in, as of which connection.
  std::map<node_id, std::pair<uint64_t, std::string>> groups;
  std::set<node_id> banned;
  std::set<node_id> urgent;
  std::vector<connection_ref> stale;
  uint64_t last_generation = 0;
  size_t limited = 0;
};

} // namespace troupe::test
