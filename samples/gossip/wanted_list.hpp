// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/messages/time.hpp"
#include "troupe/samples/gossip/gossip_id.hpp"
#include "troupe/samples/gossip/gossip_options.hpp"

namespace troupe {

/// Messages that peers have announced and that have not come. They get
/// `graft_wait` to come by themselves; then those who announced them are asked,
/// one after the other.
class wanted_list {
public:
  /// What to ask whom.
  struct request {
    size_t slot;
    gossip_id id;
    std::string topic;
  };

  /// What is due.
  struct due_now {
    std::vector<request> requests;

    /// Peers that were asked and did not send, once for each message.
    std::vector<size_t> broken;
  };

  explicit wanted_list(const gossip_options& options);

  /// A peer says that it has a message that we do not have.
  /// @returns whether there was room.
  bool announced(const gossip_id& id, const std::string& topic, size_t slot,
                 time_point now);

  /// A message has come, or is not wanted any more.
  void arrived(const gossip_id& id);

  /// A peer is gone, and with it what it was asked for.
  void gone(size_t slot, time_point now);

  [[nodiscard]] due_now due(time_point now);

  /// Whether that peer was asked for that message, and has not sent it yet.
  [[nodiscard]] bool was_asked(const gossip_id& id, size_t slot) const;

  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  [[nodiscard]] size_t size() const {
    return wanted_.size();
  }

private:
  /// Most peers that are remembered for a message.
  static constexpr size_t sources_max = 8;

  /// Most messages that a peer is asked for at a time, so that it can send them
  /// within `answer_time`; how long others wait for their turn.
  static constexpr size_t asked_max = 16;
  static constexpr duration turn = std::chrono::milliseconds{50};

  struct entry {
    std::string topic;
    /// Who can be asked, the earliest first.
    std::deque<size_t> sources;
    std::optional<size_t> asked;
    time_point due;
  };

  using iterator = std::map<gossip_id, entry>::iterator;

  void erase(iterator where);

  /// It does not wait for the peer any more that was asked.
  void stop_asking(entry& what);

  void move(iterator where, time_point when);

  size_t wanted_max_;
  size_t per_peer_max_;
  duration graft_wait_;
  duration answer_time_;
  std::map<gossip_id, entry> wanted_;
  std::set<std::pair<time_point, gossip_id>> order_;
  /// In how many entries a peer stands, and in how many of them it was asked.
  std::array<size_t, gossip_peers_max> load_{};
  std::array<size_t, gossip_peers_max> asked_{};
};

} // namespace troupe
