// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/gossip.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/samples/gossip/plumtree.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

channel_descriptor describe_channel(const gossip_options& options) {
  // Room for the rest of a message.
  const auto message_max = options.content_max + 1024;
  const auto ids_max
      = std::max(options.announce_max, options.wanted_per_peer_max)
        * gossip_id::size;
  // A slow user takes nothing from the peer's other channels: what is lost here
  // is announced again.
  return {
      .id = options.channel,
      .priority = options.priority,
      .send_queue_messages = 1024,
      .send_queue_bytes = std::max(size_t{8} * 1024 * 1024, 4 * message_max),
      .recv_message_capacity
      = std::max({message_max, ids_max + 1024, size_t{16} * 1024}),
      .recv_queue_messages = 1024,
      .recv_queue_bytes = std::max(size_t{4} * 1024 * 1024, 4 * message_max),
      .delivery_window = 64,
      .on_full = overflow::drop,
      .name = "gossip"};
}

struct gossip_state {
  static inline const char* name = "troupe.gossip";

  gossip_state(caf::event_based_actor* ptr, node where, caf::actor who,
               gossip_options how)
    : self(ptr),
      home(std::move(where)),
      user(std::move(who)),
      options(std::move(how)) {}

  caf::behavior make_behavior() {
    if (auto bad = validate(options); bad.code != errc::none) {
      self->quit(to_error(bad));
      return {};
    }
    // The state goes before the user is told that we have ended, and a user
    // that nobody else refers to would go with it.
    self->attach_functor([who = user] { static_cast<void>(who); });
    // A user may end without an error, too.
    self->set_exit_handler(
        [this](caf::exit_msg& msg) { self->quit(std::move(msg.reason)); });
    core = std::make_unique<plumtree>(options, gossip_origin(home.id()),
                                      home.random(), now());
    wire = home.open_channel<plumtree_wire::Frame>(self,
                                                   describe_channel(options));
    home.subscribe(self);
    run();
    return {
        [this](const inbound_envelope& in) {
          return in.match(
              [&](const plumtree_wire::Payload& x) { hear(in.from, x); },
              [&](const plumtree_wire::Announcement& x) { hear(in.from, x); },
              [&](const plumtree_wire::Graft& x) { hear(in.from, x); },
              [&](const plumtree_wire::Prune& x) { hear(in.from, x); },
              [&](const plumtree_wire::Subscriptions& x) { hear(in.from, x); });
        },
        [this](const peer_update& update) { note(update); },
        [this](caf::publish_atom, const std::string& topic,
               std::string& content) {
          return publish(topic, std::move(content));
        },
        [this](caf::subscribe_atom, const std::string& topic) {
          core->subscribe(topic, now());
          run();
        },
        [this](caf::unsubscribe_atom, const std::string& topic) {
          core->unsubscribe(topic, now());
          run();
        },
        [this](caf::get_atom) { return core->counts(); },
    };
  }

  [[nodiscard]] time_point now() const {
    return self->clock().now();
  }

  // -- peers ------------------------------------------------------------------

  template <class Message>
  void hear(const node_id& from, const Message& what) {
    core->received(from, what, now());
    run();
  }

  void note(const peer_update& update) {
    if (update.lost > 0)
      catch_up();
    else if (update.status == peer_status::up)
      up(update);
    else
      down(update.peer);
    run();
  }

  void up(const peer_update& update) {
    const auto& channels = update.info.channels;
    const auto line = generations.find(update.peer);
    if ((line != generations.end() && line->second == update.generation)
        || std::find(channels.begin(), channels.end(), options.channel)
               == channels.end())
      return;
    generations[update.peer] = update.generation;
    core->up(update.peer, now());
  }

  void down(const node_id& peer) {
    generations.erase(peer);
    core->down(peer, now());
  }

  /// Some updates have got lost: asks who is there.
  void catch_up() {
    home.snapshot(self).then(
        [this](const std::vector<peer_update>& all) {
          std::set<node_id> there;
          for (const auto& update : all)
            there.insert(update.peer);
          std::vector<node_id> gone;
          for (const auto& [peer, generation] : generations)
            if (there.count(peer) == 0)
              gone.push_back(peer);
          for (const auto& peer : gone)
            down(peer);
          for (const auto& update : all)
            up(update);
          run();
        },
        [](const caf::error&) {});
  }

  // -- the user ---------------------------------------------------------------

  caf::result<gossip_id> publish(const std::string& topic,
                                 std::string content) {
    auto id = core->publish(topic, std::move(content), now());
    run();
    if (!id)
      return to_error(id.error());
    return *id;
  }

  void judge(const gossip_id& id, gossip_verdict what) {
    core->judge(id, what, now());
    run();
  }

  // -- what the core wants ----------------------------------------------------

  void run() {
    for (auto& action : core->take_actions())
      std::visit([this](auto& what) { perform(what); }, action);
    if (auto when = core->next_wakeup())
      wakeup.set(self, *when, [this] {
        core->wake(now());
        run();
      });
  }

  void perform(gossip_send& what) {
    if (!what.payload) {
      // If it gets lost, something else makes up for it.
      wire.send(what.to, *what.what);
      return;
    }
    wire.send(self, what.to, *what.what)
        .then([] {},
              [this, to = what.to, id = *what.payload](const caf::error& why) {
                // Any other error means that the peer is gone.
                if (why != errc::queue_full)
                  return;
                core->not_sent(to, id, now());
                run();
              });
  }

  void perform(gossip_deliver& what) {
    const auto id = what.what.id;
    self->request(user, options.verdict_time, std::move(what.what))
        .then([this, id](gossip_verdict verdict) { judge(id, verdict); },
              [this, id](const caf::error&) {
                judge(id, gossip_verdict::ignore);
              });
  }

  void perform(gossip_blame& what) {
    wire.report(what.who, what.code, std::move(what.text));
  }

  caf::event_based_actor* self;
  node home;
  caf::actor user;
  gossip_options options;
  std::unique_ptr<plumtree> core;
  channel<plumtree_wire::Frame> wire;
  std::map<node_id, uint64_t> generations;
  alarm wakeup;
};

} // namespace

failure gossip::publish(std::string topic, std::string content) const {
  if (content.size() > content_max_)
    return {errc::oversized_message, "gossip: above content_max"};
  auto to = actor();
  if (!to)
    return {errc::invalid_state, "the gossip has ended"};
  caf::anon_send(to, caf::publish_atom_v, std::move(topic), std::move(content));
  return {};
}

void gossip::subscribe(std::string topic) const {
  if (auto to = actor())
    caf::anon_send(to, caf::subscribe_atom_v, std::move(topic));
}

void gossip::unsubscribe(std::string topic) const {
  if (auto to = actor())
    caf::anon_send(to, caf::unsubscribe_atom_v, std::move(topic));
}

gossip open_gossip(caf::local_actor* user, const node& where,
                   gossip_options options) {
  const auto content_max = options.content_max;
  auto handle = user->system().spawn<caf::stateful_actor<gossip_state>>(
      where, caf::actor_cast<caf::actor>(user), std::move(options));
  user->link_to(handle);
  return {handle, content_max};
}

} // namespace troupe
