// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel_actor.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/channel/channel_rules.hpp"
#include "troupe/actors/channel/link_to_reactor.hpp"
#include "troupe/actors/channel/outbound_desk.hpp"
#include "troupe/actors/channel/peer_routes.hpp"
#include "troupe/actors/channel/question_desk.hpp"
#include "troupe/actors/channel/reactor_feed.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/peer_receiver_actor.hpp"
#include "troupe/actors/peer/peer_sender_actor.hpp"
#include "troupe/actors/qos/qos_actor.hpp"
#include "troupe/actors/qos/shed_report.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/peerstore/rules/recent_connections.hpp"
#include "troupe/proto/raw.pb.h"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

namespace {

/// What the actor answers to besides its public interface.
using inner_channel_actor
    = channel_actor::extend<caf::result<void>(caf::flush_atom),
                            // Something was shed.
                            caf::result<void>(caf::publish_atom),
                            // The reactor has ended, behind what it sent.
                            caf::result<void>(closed_atom, caf::error)>;

using inbound_mailbox = qos_mailbox<node_id>;

/// Whether an actor has ended, even if nobody was told yet.
bool has_ended(const caf::actor& who) {
  return caf::actor_cast<caf::abstract_actor*>(who)->getf(
      caf::abstract_actor::is_terminated_flag);
}

struct channel_state {
  static inline const char* name = "troupe.channel";

  channel_state(inner_channel_actor::pointer ptr,
                std::shared_ptr<inbound_mailbox> arrivals,
                const channel_rules* its_rules, const caf::actor& node_router,
                const caf::actor& owner, channel_descriptor what,
                const google::protobuf::Message& prototype, delivery manner,
                metrics count)
    : self(ptr),
      mailbox(std::move(arrivals)),
      rules(its_rules),
      router(node_router.address()),
      reactor(owner),
      descriptor(std::move(what)),
      type(payload::copy_of(prototype)),
      routes(rules->routes()),
      questions(ptr, descriptor.id, descriptor.asks_per_peer, routes,
                rules->passes()),
      feed(ptr, *mailbox, *this, owner, descriptor.delivery_window,
           manner == delivery::in_batches),
      counters(std::move(count)),
      shed(ptr, router),
      lines(ptr),
      outbound(ptr, descriptor.id, routes, counters, lines),
      opened(ptr->clock().now()) {
    // CAF's own handler ignores a reactor that ends without an error.
    self->set_exit_handler([this](caf::exit_msg& msg) {
      if (msg.source == reactor)
        reactor_ended(std::move(msg.reason));
      else
        self->quit(std::move(msg.reason));
    });
  }

  channel_state(const channel_state&) = delete;

  channel_state& operator=(const channel_state&) = delete;

  ~channel_state() {
    routes.clear();
  }

  inner_channel_actor::behavior_type make_behavior() {
    rules->losses().tell(self->address());
    link_to_reactor(self, reactor);
    register_at_router();
    return {
        [this](send_atom, const outbound_envelope& envelope) {
          const auto passing = rules->arrived(envelope.body.size());
          return outbound.send(envelope);
        },
        [this](send_atom, const outbound_envelope& envelope,
               const std::string& key) {
          const auto passing = rules->arrived(envelope.body.size());
          return outbound.send(envelope, key);
        },
        [this](broadcast_atom, const message_body& body) {
          const auto passing = rules->arrived(body.size());
          return outbound.broadcast(body);
        },
        [this](broadcast_atom, const message_body& body,
               const std::string& key) {
          const auto passing = rules->arrived(body.size());
          return outbound.broadcast(body, key);
        },
        [this](writable_atom, const node_id& peer) {
          rules->asked();
          return outbound.wait_for_room(peer);
        },
        [this](send_atom, const caf::error& reason) -> caf::result<void> {
          const auto passing = rules->arrived(0);
          return outbound.not_sent(reason);
        },
        [this](broadcast_atom,
               const caf::error& reason) -> caf::result<broadcast_report> {
          const auto passing = rules->arrived(0);
          return outbound.not_sent(reason);
        },
        [this](ask_atom, const outbound_envelope& envelope, uint64_t kind,
               std::string& key, caf::timespan patience) {
          const auto passing = rules->arrived(envelope.body.size());
          return questions.ask(envelope.to, envelope.body,
                               {kind, std::move(key)}, patience);
        },
        [this](ask_atom, const message_body& body, uint64_t kind,
               std::string& key, caf::timespan patience, uint64_t peers) {
          const auto passing = rules->arrived(body.size());
          return questions.ask_any(body, {kind, std::move(key)}, patience,
                                   peers);
        },
        [this](ask_atom,
               const caf::error& reason) -> caf::result<inbound_envelope> {
          const auto passing = rules->arrived(0);
          return outbound.not_sent(reason);
        },
        [this](caf::close_atom) { close(); },
        [this](errored_atom, const node_id& peer, const caf::error& reason) {
          return report(peer, reason);
        },
        [this](errored_atom, const connection_ref& which,
               const caf::error& reason) { judge(which, reason); },
        [this](disconnect_atom, const node_id& peer, caf::timespan linger) {
          return disconnect(peer, linger);
        },
        [this](add_peer_atom, const connection_ref& which,
               const caf::actor& sender) {
          add_peer(which, caf::actor_cast<peer_sender_actor>(sender));
        },
        [this](active_atom) {
          return as_result(has_ended(reactor) ? errc::invalid_state
                                              : errc::none);
        },
        [this](remove_peer_atom, const connection_ref& which) {
          remove_peer(which);
        },
        [this](errored_atom, const connection_ref& which) { condemn(which); },
        [this](deliver_atom, std::vector<inbound_envelope>& run, size_t cost,
               uint32_t) { deliver(std::move(run), cost); },
        [this](closed_atom, caf::error& reason) {
          self->quit(std::move(reason));
        },
        [this](caf::flush_atom) { feed.flush(); },
        [this](caf::publish_atom) {
          for (const auto& [what, messages] : rules->losses().take())
            shed.add(what, messages);
        },
    };
  }

  /// The reactor has answered. @returns `false` if it was not asked for that.
  bool answered(caf::message_id id, const caf::message& answer) {
    return feed.answered(id, answer);
  }

  size_t take_effort() {
    return outbound.take_effort();
  }

  void register_at_router() {
    auto node_router = caf::actor_cast<router_actor>(router);
    if (!node_router) {
      self->quit(caf::make_error(errc::shutting_down));
      return;
    }
    self->request(node_router, caf::infinite, open_channel_atom_v, descriptor,
                  type)
        .then([] {}, [this](caf::error& reason) { refused(reason); });
  }

  /// Without a reason of ours, the router has ended.
  void refused(const caf::error& reason) {
    auto code = code_of(reason, errc::none);
    self->quit(code != errc::none ? reason
                                  : caf::make_error(errc::shutting_down));
  }

  // -- begin and end
  // -----------------------------------------------------------

  /// Its end is urgent, and overtakes what it sent before.
  void reactor_ended(caf::error reason) {
    ending = true;
    self->send(self, closed_atom_v, std::move(reason));
  }

  // The reactor lives on, and hears nothing of the end.
  void close() {
    self->unlink_from(reactor);
    self->quit();
  }

  // -- inbound ----------------------------------------------------------------

  /// Their turn has come, and the reactor has room. All are of one connection.
  void deliver(std::vector<inbound_envelope> run, size_t cost) {
    if (run.empty())
      return;
    auto what
        = arrival{{run.front().from, run.front().generation},
                  std::move(run),
                  caf::actor_cast<caf::actor_addr>(self->current_sender()),
                  cost};
    const auto count = static_cast<uint32_t>(what.envelopes.size());
    if (routes.is_outdated(what.from)) {
      counters.dropped(descriptor.id, direction::inbound, "outdated", count);
      give_back(what.receiver, cost);
    } else if (condemned.contains(what.from)) {
      counters.dropped(descriptor.id, direction::inbound, "peer_erred", count);
    } else {
      if (rules->exchanges().has_answers())
        std::erase_if(what.envelopes, [&](inbound_envelope& envelope) {
          return take_answer(what.from, envelope);
        });
      if (what.envelopes.empty())
        give_back(what.receiver, cost);
      else
        feed.take(std::move(what));
    }
  }

  /// An answer goes to who asked, and never to the reactor.
  /// @returns whether it was one.
  bool take_answer(const connection_ref& from, inbound_envelope& envelope) {
    using verdict = ask_table::verdict::kind;
    const auto& exchanges = rules->exchanges();
    if (!exchanges.is_answer(*envelope.message))
      return false;
    const auto type = envelope.message.type_name();
    const auto of = exchanges.answered_by(*envelope.message);
    switch (questions.answer(from.peer, envelope, of)) {
      case verdict::answer:
        break;
      case verdict::late:
        counters.dropped(descriptor.id, direction::inbound, "late_answer");
        break;
      case verdict::unasked:
        counters.dropped(descriptor.id, direction::inbound, "unasked_answer");
        if (descriptor.blame_unasked
            && self->clock().now() >= opened + unasked_grace)
          tell_router(from, {from.peer, errc::unexpected_message,
                             type + ", for which nobody had asked"});
    }
    return true;
  }

  /// Nothing of a connection counts behind the first error of its peer. No cost
  /// is given back: nothing more is to be read.
  /// @returns `false` if that was known.
  bool condemn(const connection_ref& which) {
    if (!condemned.add(which))
      return false;
    using run = std::vector<inbound_envelope>;
    auto is_of = [&which](const caf::message& content) {
      return content.get_as<run>(1).front().generation == which.generation;
    };
    auto count = feed.drop(which);
    for (const auto& x : mailbox->take_if(which.peer, is_of))
      count += x->payload.get_as<run>(1).size();
    if (count > 0)
      counters.dropped(descriptor.id, direction::inbound, "peer_erred",
                       static_cast<uint32_t>(count));
    return true;
  }

  /// A peer that never waits got it back as the message came.
  void give_back(const caf::actor_addr& receiver, size_t cost) {
    if (descriptor.on_full == overflow::drop)
      return;
    if (auto to = caf::actor_cast<peer_receiver_actor>(receiver))
      self->send(to, credit_atom_v, descriptor.id, cost);
  }

  // -- errors -----------------------------------------------------------------

  /// The reactor found an error. Only a blame is one of the peer.
  void judge(const connection_ref& who, const caf::error& reason) {
    if (auto what = blame_in(reason))
      tell_router(who, {who.peer, to_errc(*what), text_of(reason)});
    else
      reactor_failed(reason);
  }

  void reactor_failed(const caf::error& reason) {
    // What a check that found nothing returns; and there is nobody to fail any
    // more.
    if (!reason || ending)
      return;
    constexpr auto failed = "reactor_failed";
    counters.dropped(descriptor.id, direction::inbound, failed);
    shed.add({descriptor.id, direction::inbound, failed});
    lines.warn(failed, "channel={:#04x} reason={}", descriptor.id,
               log_text(text_of(reason)));
  }

  caf::result<void> report(const node_id& peer, const caf::error& reason) {
    const auto* way = routes.find(peer);
    if (way == nullptr)
      return caf::make_error(errc::not_connected);
    judge({peer, way->generation}, reason);
    return caf::unit;
  }

  /// All that was sent has reached the peer's sender: the order to hang up,
  /// which comes there by way of the router, is behind it.
  caf::result<void> disconnect(const node_id& peer, caf::timespan linger) {
    auto to = caf::actor_cast<router_actor>(router);
    if (!to || routes.find(peer) == nullptr)
      return caf::make_error(errc::not_connected);
    return self->delegate(to, disconnect_atom_v, peer, linger);
  }

  void tell_router(const connection_ref& who, const peer_error& error) {
    if (!condemn(who))
      return;
    if (auto to = caf::actor_cast<router_actor>(router))
      self->send(to, errored_atom_v, who, error);
  }

  void add_peer(const connection_ref& which, const peer_sender_actor& sender) {
    // It was away, and nobody answers any more what it was asked before.
    if (routes.add(which, sender))
      questions.leave(which.peer);
  }

  /// Comes from the router first, ahead of all that waits here, and then from
  /// the receiver, behind all that the connection has brought: its last words
  /// may answer a question.
  void remove_peer(const connection_ref& which) {
    // With a newer connection of the same peer its questions stay: the answer
    // may come there.
    if (routes.remove(which))
      questions.leave(which.peer);
  }

  inner_channel_actor::pointer self;
  std::shared_ptr<inbound_mailbox> mailbox;
  const channel_rules* rules; // Of the mailbox.
  caf::actor_addr router;
  caf::actor reactor;
  channel_descriptor descriptor;
  payload type;
  peer_routes& routes; // Of the mailbox, which outlives the channel.
  question_desk<inner_channel_actor::pointer> questions;
  reactor_feed<inner_channel_actor::pointer, inbound_mailbox, channel_state>
      feed;
  metrics counters;
  shed_report<inner_channel_actor::pointer> shed;
  event_log lines;
  outbound_desk<inner_channel_actor::pointer> outbound;
  recent_connections condemned;
  time_point opened;
  bool ending = false; // The reactor has ended, and we are about to.
};

} // namespace

namespace {

channel_actor spawn_with(caf::actor_system& sys, const caf::actor& router,
                         const caf::actor& reactor,
                         channel_descriptor descriptor,
                         const google::protobuf::Message& prototype,
                         exchange_rules exchanges, const metrics& counters,
                         const std::string& queue_type, delivery how) {
  auto rules = std::make_unique<channel_rules>(descriptor, std::move(exchanges),
                                               counters);
  const auto* shared = rules.get();
  auto arrivals = std::make_shared<inbound_mailbox>(
      std::move(rules),
      qos_options{.policy = queue_type == "fifo" ? "fifo" : "wdrr",
                  .bytes_max = descriptor.recv_total_bytes});
  return spawn_qos_state<channel_state, inner_channel_actor>(
      sys, std::move(arrivals), shared, router, reactor, std::move(descriptor),
      prototype, how, counters);
}

} // namespace

channel_actor spawn_channel(caf::actor_system& sys, const caf::actor& router,
                            const caf::actor& reactor,
                            channel_descriptor descriptor,
                            const google::protobuf::Message& prototype,
                            const metrics& counters,
                            const std::string& queue_type, delivery how) {
  // Where the exchanges make no sense, the router refuses the channel.
  auto exchanges = exchange_rules::make(descriptor, prototype);
  return spawn_with(sys, router, reactor, std::move(descriptor), prototype,
                    exchanges ? *std::move(exchanges) : exchange_rules{},
                    counters, queue_type, how);
}

channel_actor
spawn_byte_channel(caf::actor_system& sys, const caf::actor& router,
                   const caf::actor& reactor, channel_descriptor descriptor,
                   exchange_rules exchanges, const metrics& counters,
                   const std::string& queue_type, delivery how) {
  return spawn_with(sys, router, reactor, std::move(descriptor),
                    RawMessage::default_instance(), std::move(exchanges),
                    counters, queue_type, how);
}

} // namespace troupe
