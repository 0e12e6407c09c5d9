// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>

#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/token_bucket.hpp"

namespace troupe {

/// What is remembered about who connects, by address or by subnet: live
/// connections, and what is left of the rate.
///
/// Bounded: an entry without connections goes as soon as its bucket is as good
/// as new. Should the table be full of others
/// nevertheless, the one that was quiet for longest makes room, and who comes
/// new starts with a single token: addresses to rotate through are worth no
/// more than one attempt each. (A tree, as remotes choose the keys: no hash to
/// collide in.)
class attempt_table {
public:
  /// @param size_max most entries, at least 1.
  explicit attempt_table(size_t size_max) : size_max_(size_max) {}

  /// What is known about one key.
  struct entry {
    size_t live = 0;
    token_bucket bucket;
    /// Place among the idle ones; meaningless with live connections.
    std::list<ip_network>::iterator idle;
  };

  /// Finds or makes the entry of `key`. The pointer holds until the next call.
  /// @param rate absent: there is no limit, and the bucket means nothing.
  /// @returns null if the table is full of entries with connections.
  entry* touch(const ip_network& key, const std::optional<rate_limit>& rate,
               time_point now);

  /// Counts a connection of a key that was touched before.
  void add(const ip_network& key);

  /// Counts down a connection of `add`.
  void remove(const ip_network& key);

  /// Forgets what tells nothing any more.
  void expire(const std::optional<rate_limit>& rate, time_point now);

  /// When `expire` has something to do. It may turn out to be later.
  [[nodiscard]] std::optional<time_point>
  next_wakeup(const std::optional<rate_limit>& rate) const;

  /// Changes how many entries there may be. Those that are there stay for now.
  void set_size_max(size_t size_max) {
    size_max_ = size_max;
  }

  /// Number of entries.
  [[nodiscard]] size_t size() const noexcept {
    return entries_.size();
  }

  /// Live connections of `key`.
  [[nodiscard]] size_t live(const ip_network& key) const;

private:
  void forget_front();

  size_t size_max_;
  std::map<ip_network, entry> entries_;
  /// Keys without live connections; who was quiet for longest comes first.
  std::list<ip_network> idle_;
};

} // namespace troupe
