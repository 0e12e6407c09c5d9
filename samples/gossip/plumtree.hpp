// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <google/protobuf/message.h>

#include "troupe/messages/blame.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/proto/plumtree.pb.h"
#include "troupe/samples/gossip/gossip_message.hpp"
#include "troupe/samples/gossip/gossip_options.hpp"
#include "troupe/samples/gossip/message_cache.hpp"
#include "troupe/samples/gossip/peer_quota.hpp"
#include "troupe/samples/gossip/wanted_list.hpp"

namespace troupe {

/// Sends a message to a peer.
struct gossip_send {
  node_id to;
  std::shared_ptr<const google::protobuf::Message> what;

  /// The message in a payload: call `not_sent` if it does not get through.
  std::optional<gossip_id> payload = {};
};

/// Gives a message to the user, who calls `judge`.
struct gossip_deliver {
  gossip_message what;
};

/// Reports a peer, of which nothing is read any more.
struct gossip_blame {
  node_id who;
  blame code;
  std::string text;
};

using gossip_action = std::variant<gossip_send, gossip_deliver, gossip_blame>;

/// Epidemic broadcast trees (Leitao, Pereira, Rodrigues 2007), a synchronous
/// state machine: what happens goes in, with the time, and `take_actions` says
/// what to do.
///
/// A message goes at once over the links of its tree, *eager* ones. Over all
/// others, *lazy* ones, it is only announced, and who does not get it in time
/// asks for it, which makes the link eager (a graft). A message that comes
/// twice makes its link lazy (a prune). Links are eager to begin with, so that
/// the first message goes everywhere and finds the fastest ways.
///
/// That tree is the best for where its first message came from. So there are
/// several: the origin of a message says which it takes.
class plumtree {
public:
  /// @param origin stands for this node: `gossip_origin`.
  /// @param random says when to begin with reminders.
  /// @pre `options` are valid.
  plumtree(gossip_options options, uint64_t origin, entropy& random,
           time_point now);

  // -- peers ------------------------------------------------------------------

  /// A peer is there, or is there anew.
  void up(const node_id& peer, time_point now);

  void down(const node_id& peer, time_point now);

  // -- what peers say ---------------------------------------------------------

  void received(const node_id& from, const plumtree_wire::Subscriptions& what,
                time_point now);
  void received(const node_id& from, const plumtree_wire::Payload& what,
                time_point now);
  void received(const node_id& from, const plumtree_wire::Announcement& what,
                time_point now);
  void received(const node_id& from, const plumtree_wire::Graft& what,
                time_point now);
  void received(const node_id& from, const plumtree_wire::Prune& what,
                time_point now);

  /// A payload was not taken: the queue to that peer is full.
  void not_sent(const node_id& to, const gossip_id& id, time_point now);

  // -- the user ---------------------------------------------------------------

  /// Sends a message to everybody. Does nothing if it is known already.
  /// @returns its ID, or `invalid_option` if there is no such topic here,
  ///          `oversized_message` if it is larger than `content_max`.
  result<gossip_id> publish(const std::string& topic, std::string content,
                            time_point now);

  /// Says what is to become of a message. Does nothing if it is too late.
  void judge(const gossip_id& id, gossip_verdict what, time_point now);

  /// Takes part in a topic. @returns `invalid_option` if that is none, or there
  /// are too many.
  failure subscribe(const std::string& topic, time_point now);

  void unsubscribe(const std::string& topic, time_point now);

  // -- time -------------------------------------------------------------------

  /// Does what is due.
  void wake(time_point now);

  /// When `wake` has something to do.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// Returns what is to be done, in order, and forgets it.
  [[nodiscard]] std::vector<gossip_action> take_actions();

  // -- figures ----------------------------------------------------------------

  [[nodiscard]] const gossip_counts& counts() const {
    return counts_;
  }

  /// Messages that are known, and bytes of those that are kept.
  [[nodiscard]] const message_cache& cache() const {
    return cache_;
  }

  [[nodiscard]] const wanted_list& wanted() const {
    return wanted_;
  }

  /// How many of the peers get the messages of an origin at once.
  [[nodiscard]] size_t eager_links(const std::string& topic,
                                   uint64_t origin) const;

private:
  /// What there is with a peer about a topic that both have.
  struct link {
    /// The trees whose messages go over it at once.
    std::bitset<gossip_trees_max> eager;

    /// What is to be announced.
    std::deque<gossip_id> due;
  };

  struct peer_state {
    node_id id;
    size_t slot;
    peer_quota quota;
    std::set<std::string> topics = {};
    std::map<std::string, link> links = {};

    /// When the next announcements go.
    std::optional<time_point> announce_at = {};
    bool blamed = false;
  };

  // -- peers, in plumtree_peers.cpp -------------------------------------------

  /// The peer, if it is there and not to blame.
  peer_state* find(const node_id& id);

  /// What there is with it about a topic, or null.
  static link* find(peer_state& who, const std::string& topic);

  /// Whether what a peer sends is within its quota.
  bool admit(peer_state& from, peer_quota::verdict what);

  /// Whether the names in a list are those of topics.
  bool are_topics(peer_state& from, const plumtree_wire::Subscriptions& what);

  void punish(peer_state& who, blame code, std::string text);

  void tell_topics(const peer_state& who);

  /// Links the topics that both have, and unlinks all others.
  void relink(peer_state& who, time_point now);

  /// Announces what came in that time to a peer, unless it has that.
  void remind(peer_state& who, const std::string& topic, time_point since,
              time_point until, time_point now);

  void announce_later(peer_state& who, link& where, const gossip_id& id,
                      time_point now);

  void announce(peer_state& who);

  void remind_next(time_point now);

  // -- messages ---------------------------------------------------------------

  [[nodiscard]] size_t tree_of(uint64_t origin) const {
    return origin % options_.trees;
  }

  void take_in(peer_state& from, const plumtree_wire::Payload& what,
               const gossip_id& id, time_point now);

  void take_again(peer_state& from, known_message& known);

  void announced(peer_state& from, link& where, const std::string& topic,
                 const gossip_id& id, time_point now);

  void asked(peer_state& from, link& where, const gossip_id& id);

  /// Splits IDs. Nothing, and blame, if they are none or there are too many.
  std::optional<std::vector<gossip_id>> read_ids(peer_state& from,
                                                 const std::string& topic,
                                                 const std::string& ids,
                                                 time_point now);

  void pass_on(const gossip_id& id, known_message& what, time_point now);

  void give(peer_state& to, const gossip_id& id, known_message& what,
            std::shared_ptr<const google::protobuf::Message> payload);

  void ask_for_wanted(time_point now);

  template <class Message>
  void send(const node_id& to, Message what) {
    actions_.emplace_back(
        gossip_send{to, std::make_shared<const Message>(std::move(what))});
  }

  gossip_options options_;
  uint64_t origin_;
  std::set<std::string> topics_;
  std::map<node_id, peer_state> peers_;
  std::vector<node_id> slots_;
  /// What peers said who are not there yet.
  std::map<node_id, plumtree_wire::Subscriptions> early_;
  message_cache cache_;
  wanted_list wanted_;
  /// Messages that wait for a verdict, and their bytes.
  std::map<gossip_id, size_t> judging_;
  size_t judging_bytes_ = 0;
  time_point remind_at_;
  std::optional<node_id> reminded_;
  gossip_counts counts_;
  std::vector<gossip_action> actions_;
};

} // namespace troupe
