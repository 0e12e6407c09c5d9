// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "troupe/messages/time.hpp"
#include "troupe/samples/gossip/gossip_id.hpp"
#include "troupe/samples/gossip/gossip_options.hpp"

namespace troupe {

/// Some of the peers, each by a number below `gossip_peers_max`.
using peer_slots = std::bitset<gossip_peers_max>;

/// What is known about a message that has arrived or was published here.
struct known_message {
  enum class state : uint8_t {
    /// Waits for a verdict.
    judging,
    /// Is passed on.
    accepted,
    /// Is not passed on.
    ignored,
    /// Is not passed on, and who sends it is to blame.
    rejected,
  };

  state is = state::judging;
  std::string topic = {};
  uint64_t origin = 0;

  /// Null once it is not kept any more.
  std::shared_ptr<const std::string> content = {};
  time_point since = {};

  /// Who said that it has the message, by sending or announcing it.
  peer_slots holders = {};

  /// Who sent it.
  peer_slots senders = {};

  /// To whom it was sent, once and twice.
  peer_slots served = {};
  peer_slots served_twice = {};

  /// How often it has arrived.
  size_t arrivals = 0;

  /// Whether a peer was asked to send the messages of this origin, too.
  bool asked_for_more = false;
};

/// Remembers messages so that none is delivered twice, and keeps the content of
/// late ones for those who missed them. Bounded in number, bytes and time: the
/// oldest go first.
class message_cache {
public:
  explicit message_cache(const gossip_options& options);

  /// Adds a message that is not known yet, and returns it. The reference holds
  /// until the next call of `add`, `forget` or `trim`.
  known_message& add(const gossip_id& id, known_message what, time_point now);

  /// Returns a message, or null. As for `add`.
  [[nodiscard]] known_message* find(const gossip_id& id);

  /// Drops the content of a message, which stays known.
  void drop_content(const gossip_id& id);

  /// Forgets a message.
  void forget(const gossip_id& id);

  /// Forgets who had what under a number that is about to belong to another
  /// peer.
  void recycle(size_t slot);

  /// Drops what is too old.
  void trim(time_point now);

  /// Calls `what(id, message)` for messages that are kept, the latest first,
  /// until it returns `false`.
  template <class F>
  void for_each_kept(F what) const {
    for (auto i = kept_.rbegin(); i != kept_.rend(); ++i) {
      auto entry = messages_.find(i->second);
      if (entry != messages_.end() && entry->second.since == i->first
          && entry->second.content)
        if (!what(entry->first, entry->second))
          return;
    }
  }

  [[nodiscard]] size_t size() const {
    return messages_.size();
  }

  [[nodiscard]] size_t kept_bytes() const {
    return kept_bytes_;
  }

  /// Places in the lists, at most two for each message.
  [[nodiscard]] size_t places() const {
    return ages_.size() + kept_.size();
  }

private:
  using dated_id = std::pair<time_point, gossip_id>;

  /// The entry of an ID, unless that has been forgotten and added again.
  known_message* find(const dated_id& what);

  void release(known_message& what);

  size_t seen_max_;
  size_t keep_bytes_max_;
  duration seen_time_;
  duration keep_time_;
  std::map<gossip_id, known_message> messages_;
  std::deque<dated_id> ages_;
  std::deque<dated_id> kept_;
  size_t kept_bytes_ = 0;
};

} // namespace troupe
