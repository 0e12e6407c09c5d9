// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel_actor.hpp"

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/channel/channel_rules.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/peer_receiver_actor.hpp"
#include "troupe/actors/peer/peer_sender_actor.hpp"
#include "troupe/actors/qos/qos_actor.hpp"
#include "troupe/actors/qos/shed_report.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/peerstore/rules/recent_connections.hpp"
#include "troupe/transport/actor_state.hpp"

namespace troupe {

namespace {

/// What the actor answers to besides its public interface.
using inner_channel_actor
    = channel_actor::extend<caf::result<void>(caf::flush_atom),
                            // Something was shed.
                            caf::result<void>(caf::publish_atom)>;

using inbound_mailbox = qos_mailbox<node_id>;

struct channel_state {
  static inline const char* name = "troupe.channel";

  /// The way to a connected peer.
  struct route {
    uint64_t generation;
    peer_sender_actor sender; // Null if the peer lacks the channel.
    uint64_t newest_heard = 0;
  };

  /// A message that waits for others, and who gets its cost back.
  struct arrival {
    inbound_envelope envelope;
    caf::actor_addr receiver;
    size_t cost;
  };

  /// A broadcast whose sender wants to know what became of it.
  struct open_broadcast {
    void note(errc code) {
      if (code == errc::none)
        ++report.taken;
      else
        ++report.refused[code];
      if (--unknown == 0)
        promise.deliver(std::move(report));
    }

    caf::typed_response_promise<broadcast_report> promise;
    broadcast_report report;
    size_t unknown = 0;
  };

  channel_state(inner_channel_actor::pointer ptr,
                std::shared_ptr<inbound_mailbox> arrivals,
                const channel_rules* its_rules, const caf::actor& node_router,
                const caf::actor& owner, channel_descriptor what,
                const google::protobuf::Message& prototype, delivery manner)
    : self(ptr),
      mailbox(std::move(arrivals)),
      rules(its_rules),
      router(node_router.address()),
      reactor(owner),
      descriptor(std::move(what)),
      how(manner),
      type(payload::copy_of(prototype)),
      counters(ptr->system()),
      shed(ptr, router),
      lines(ptr) {
    // CAF's own handler ignores a reactor that ends without an error.
    self->set_exit_handler(
        [this](caf::exit_msg& msg) { self->quit(std::move(msg.reason)); });
  }

  inner_channel_actor::behavior_type make_behavior() {
    rules->losses().tell(self->address());
    self->link_to(reactor);
    register_at_router();
    return {
        [this](send_atom, const outbound_envelope& envelope) {
          rules->arrived(envelope.body.size());
          return send(envelope);
        },
        [this](broadcast_atom, const message_body& body) {
          rules->arrived(body.size());
          return broadcast(body);
        },
        [this](writable_atom, const node_id& peer) {
          rules->asked();
          return wait_for_room(peer);
        },
        [this](send_atom, const caf::error& reason) -> caf::result<void> {
          rules->arrived(0);
          return not_sent(reason);
        },
        [this](broadcast_atom,
               const caf::error& reason) -> caf::result<broadcast_report> {
          rules->arrived(0);
          return not_sent(reason);
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
          auto& to = routes[which.peer];
          to.generation = which.generation;
          to.sender = caf::actor_cast<peer_sender_actor>(sender);
        },
        [this](remove_peer_atom, const connection_ref& which) {
          remove_peer(which);
        },
        [this](errored_atom, const connection_ref& which) { condemn(which); },
        [this](deliver_atom, inbound_envelope& envelope, size_t cost) {
          deliver(std::move(envelope), cost);
        },
        [this](caf::flush_atom) {
          if (how == delivery::in_batches)
            pass_on_batch();
        },
        [this](caf::publish_atom) {
          for (const auto& [what, messages] : rules->losses().take())
            shed.add(what, messages);
        },
    };
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

  // -- outbound ---------------------------------------------------------------

  caf::result<void> send(const outbound_envelope& envelope) {
    auto i = routes.find(envelope.to);
    if (i == routes.end())
      return refuse(errc::not_connected);
    if (!i->second.sender)
      return refuse(errc::peer_lacks_channel);
    return self->delegate(
        i->second.sender, send_atom_v,
        outbound_message{descriptor.id, envelope.body.share()});
  }

  caf::result<broadcast_report> broadcast(const message_body& body) {
    const auto message = outbound_message{descriptor.id, body.share()};
    if (self->current_message_id().is_request())
      return broadcast_and_ask(message);
    // Anonymous, because a refusal would come back as an error and end us. The
    // senders count what they refuse.
    for (const auto& [peer, way] : routes)
      if (way.sender)
        caf::anon_send(way.sender, send_atom_v, message);
    return broadcast_report{};
  }

  /// No more answers are awaited than messages wait at the senders, which are
  /// bounded.
  caf::result<broadcast_report>
  broadcast_and_ask(const outbound_message& message) {
    auto state = std::make_shared<open_broadcast>();
    state->promise = self->make_response_promise<broadcast_report>();
    for (const auto& [peer, way] : routes) {
      if (!way.sender)
        continue;
      ++state->unknown;
      self->request(way.sender, caf::infinite, send_atom_v, message)
          .then([state] { state->note(errc::none); },
                [state](const caf::error& reason) {
                  // One of CAF says that the sender has ended.
                  state->note(code_of(reason, errc::not_connected));
                });
    }
    auto promise = state->promise;
    if (state->unknown == 0)
      promise.deliver(broadcast_report{});
    return promise;
  }

  caf::result<void> wait_for_room(const node_id& peer) {
    auto i = routes.find(peer);
    if (i == routes.end())
      return caf::make_error(errc::not_connected);
    if (!i->second.sender)
      return caf::make_error(errc::peer_lacks_channel);
    return self->delegate(i->second.sender, writable_atom_v, descriptor.id);
  }

  caf::error refuse(errc code) {
    counters.dropped(descriptor.id, direction::outbound, to_string(code));
    return caf::make_error(code);
  }

  /// A mistake of the reactor, which may not look at what its calls return.
  caf::error not_sent(const caf::error& reason) {
    lines.warn("not_sent", "channel={:#04x} reason={}", descriptor.id,
               log_text(text_of(reason)));
    std::ignore = refuse(code_of(reason, errc::invalid_state));
    return reason;
  }

  // The reactor lives on, and hears nothing of the end.
  void close() {
    self->unlink_from(reactor);
    self->quit();
  }

  // -- inbound ----------------------------------------------------------------

  /// Its turn has come, and the reactor has room for it.
  void deliver(inbound_envelope envelope, size_t cost) {
    auto receiver = caf::actor_cast<caf::actor_addr>(self->current_sender());
    if (is_outdated(envelope)) {
      counters.dropped(descriptor.id, direction::inbound, "outdated");
      give_back(receiver, cost);
      return;
    }
    const auto from = ref_of(envelope);
    if (condemned.contains(from)) {
      counters.dropped(descriptor.id, direction::inbound, "peer_erred");
      return;
    }
    if (how == delivery::in_batches) {
      batch.push_back({std::move(envelope), std::move(receiver), cost});
      if (batch.size() == descriptor.delivery_window)
        mailbox->pause(true);
      return;
    }
    if (++at_reactor == descriptor.delivery_window)
      mailbox->pause(true);
    auto done = [this, receiver = std::move(receiver), cost] {
      if (at_reactor-- == descriptor.delivery_window)
        mailbox->pause(false);
      give_back(receiver, cost);
    };
    self->request(reactor, caf::infinite, std::move(envelope))
        .then([done] { done(); },
              [this, done, from](const caf::error& reason) {
                judge(from, reason);
                done();
              });
  }

  /// What comes while the reactor has a batch waits and makes the next one.
  void pass_on_batch() {
    // Of one that was full, all may be gone.
    mailbox->pause(!batch.empty());
    if (batch.empty())
      return;
    std::vector<inbound_envelope> envelopes;
    envelopes.reserve(batch.size());
    for (auto& x : batch)
      envelopes.push_back(std::move(x.envelope));
    auto done = [this, handled = std::exchange(batch, {})] {
      mailbox->pause(false);
      for (const auto& x : handled)
        give_back(x.receiver, x.cost);
    };
    self->request(reactor, caf::infinite, std::move(envelopes))
        .then([done] { done(); },
              [this, done](const caf::error& reason) {
                reactor_failed(reason);
                done();
              });
  }

  /// Whether the reactor has had messages of a newer connection of the peer:
  /// what the old one still had to deliver must not come between them.
  [[nodiscard]] bool is_outdated(const inbound_envelope& envelope) {
    auto i = routes.find(envelope.from);
    if (i == routes.end())
      return false;
    auto& newest = i->second.newest_heard;
    if (envelope.generation < newest)
      return true;
    newest = envelope.generation;
    return false;
  }

  static connection_ref ref_of(const inbound_envelope& envelope) {
    return {envelope.from, envelope.generation};
  }

  /// Nothing of a connection counts behind the first error of its peer. No cost
  /// is given back: nothing more is to be read.
  /// @returns `false` if that was known.
  bool condemn(const connection_ref& which) {
    if (!condemned.add(which))
      return false;
    auto is_of = [&which](const caf::message& content) {
      return content.get_as<inbound_envelope>(1).generation == which.generation;
    };
    auto count = mailbox->take_if(which.peer, is_of).size()
                 + std::erase_if(batch, [&which](const arrival& x) {
                     return ref_of(x.envelope) == which;
                   });
    if (count > 0)
      counters.dropped(descriptor.id, direction::inbound, "peer_erred", count);
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
    // What a check that found nothing returns.
    if (!reason)
      return;
    constexpr auto failed = "reactor_failed";
    counters.dropped(descriptor.id, direction::inbound, failed);
    shed.add({descriptor.id, direction::inbound, failed});
    lines.warn(failed, "channel={:#04x} reason={}", descriptor.id,
               log_text(text_of(reason)));
  }

  caf::result<void> report(const node_id& peer, const caf::error& reason) {
    auto i = routes.find(peer);
    if (i == routes.end())
      return caf::make_error(errc::not_connected);
    judge({peer, i->second.generation}, reason);
    return caf::unit;
  }

  /// All that was sent has reached the peer's sender: the order to hang up,
  /// which comes there by way of the router, is behind it.
  caf::result<void> disconnect(const node_id& peer, caf::timespan linger) {
    auto to = caf::actor_cast<router_actor>(router);
    if (!to || routes.count(peer) == 0)
      return caf::make_error(errc::not_connected);
    return self->delegate(to, disconnect_atom_v, peer, linger);
  }

  void tell_router(const connection_ref& who, const peer_error& error) {
    if (!condemn(who))
      return;
    if (auto to = caf::actor_cast<router_actor>(router))
      self->send(to, errored_atom_v, who, error);
  }

  void remove_peer(const connection_ref& which) {
    // A newer connection of the same peer stays.
    auto i = routes.find(which.peer);
    if (i != routes.end() && i->second.generation == which.generation)
      routes.erase(i);
  }

  inner_channel_actor::pointer self;
  std::shared_ptr<inbound_mailbox> mailbox;
  const channel_rules* rules; // Of the mailbox.
  caf::actor_addr router;
  caf::actor reactor;
  channel_descriptor descriptor;
  delivery how;
  payload type;
  metrics counters;
  shed_report<inner_channel_actor::pointer> shed;
  event_log lines;
  std::map<node_id, route> routes;
  recent_connections condemned;
  size_t at_reactor = 0;
  std::vector<arrival> batch; // The next one, if they are wanted.
};

} // namespace

channel_actor spawn_channel(caf::actor_system& sys, const caf::actor& router,
                            const caf::actor& reactor,
                            channel_descriptor descriptor,
                            const google::protobuf::Message& prototype,
                            const std::string& queue_type, delivery how) {
  auto rules = std::make_unique<channel_rules>(descriptor, metrics{sys});
  const auto* shared = rules.get();
  auto arrivals = std::make_shared<inbound_mailbox>(
      std::move(rules),
      qos_options{.policy = queue_type == "fifo" ? "fifo" : "wdrr",
                  .bytes_max = descriptor.recv_total_bytes});
  return spawn_qos_state<channel_state, inner_channel_actor>(
      sys, std::move(arrivals), shared, router, reactor, std::move(descriptor),
      prototype, how);
}

} // namespace troupe
