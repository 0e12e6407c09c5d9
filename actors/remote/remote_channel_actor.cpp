// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/remote/remote_channel_actor.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/channel/channel_rules.hpp"
#include "troupe/actors/channel/link_to_reactor.hpp"
#include "troupe/actors/qos/qos_actor.hpp"
#include "troupe/actors/qos/shed_report.hpp"
#include "troupe/actors/remote/channel_keeper_actor.hpp"
#include "troupe/actors/remote/portable_error.hpp"
#include "troupe/actors/remote/receipts.hpp"
#include "troupe/actors/remote/remote_channel.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/wrapper.hpp"
#include "troupe/proto/raw.pb.h"
#include "troupe/transport/watch.hpp"

namespace troupe {

namespace {

/// What the actor answers to besides its public interface.
using inner_actor
    = remote_channel_actor::extend<caf::result<void>(caf::flush_atom),
                                   // Something was shed.
                                   caf::result<void>(caf::publish_atom),
                                   // The reactor has ended, behind what it
                                   // sent.
                                   caf::result<void>(closed_atom, caf::error)>;

using inner_mailbox = qos_mailbox<node_id>;

/// What it takes to open the channel, or why it cannot be opened.
struct opening {
  node_gate_actor gate;
  caf::actor router;
  caf::actor reactor;
  remote_channel what;
  failure bad;
};

caf::error what_happened(const caf::error& reason) {
  // What CAF says of an actor that had ended before anybody watched it.
  if (reason == caf::exit_reason::unknown)
    return caf::make_error(errc::node_lost, "the node had stopped");
  if (reason == caf::exit_reason::remote_link_unreachable)
    return caf::make_error(errc::node_lost, "the process of the node is gone");
  return reason;
}

struct remote_channel_state {
  static inline const char* name = "troupe.remote-channel";

  remote_channel_state(inner_actor::pointer ptr,
                       const std::shared_ptr<inner_mailbox>&,
                       const channel_rules* its_rules, opening how,
                       const google::protobuf::Message& prototype)
    : self(ptr),
      rules(its_rules),
      start(std::move(how)),
      alive(caf::actor_cast<caf::actor>(ptr)),
      reactor(start.reactor),
      codec(prototype),
      gate_watch(ptr),
      keeper_watch(ptr),
      shed(ptr, start.router.address()) {
    // CAF's own handler ignores a reactor that ends without an error.
    self->set_exit_handler([this](caf::exit_msg& msg) {
      if (msg.source == reactor)
        reactor_ended(std::move(msg.reason));
      else
        leave(std::move(msg.reason));
    });
    self->set_down_handler([this](const caf::down_msg& msg) {
      if (gate_watch.is(msg.source) || keeper_watch.is(msg.source))
        self->quit(what_happened(msg.reason));
    });
  }

  inner_actor::behavior_type make_behavior() {
    rules->losses().tell(self->address());
    link_to_reactor(self, reactor);
    open();
    return {
        // -- what reactors send
        [this](send_atom what, const outbound_envelope& envelope) {
          return pass<void>(envelope.body.size(), what, envelope);
        },
        [this](send_atom what, const outbound_envelope& envelope,
               const std::string& key) {
          return pass<void>(envelope.body.size(), what, envelope, key);
        },
        [this](broadcast_atom what, const message_body& body) {
          return pass<broadcast_report>(body.size(), what, body);
        },
        [this](broadcast_atom what, const message_body& body,
               const std::string& key) {
          return pass<broadcast_report>(body.size(), what, body, key);
        },
        [this](writable_atom what, const node_id& peer) {
          return forward<void>([this] { rules->asked(); }, what, peer);
        },
        [this](send_atom what, const caf::error& reason) {
          return pass<void>(0, what, portable(reason));
        },
        [this](broadcast_atom what, const caf::error& reason) {
          return pass<broadcast_report>(0, what, portable(reason));
        },
        [this](ask_atom what, const outbound_envelope& envelope, uint64_t kind,
               const std::string& key, caf::timespan patience) {
          return ask(envelope.body.size(), {kind, key}, what, envelope, kind,
                     key, patience);
        },
        [this](ask_atom what, const message_body& body, uint64_t kind,
               const std::string& key, caf::timespan patience, uint64_t peers) {
          return ask(body.size(), {kind, key}, what, body, kind, key, patience,
                     peers);
        },
        [this](ask_atom what, const caf::error& reason) {
          return pass<inbound_envelope>(0, what, portable(reason));
        },
        [this](caf::close_atom) {
          self->unlink_from(reactor);
          leave({});
        },
        [this](errored_atom what, const node_id& peer,
               const caf::error& reason) {
          return forward<void>([] {}, what, peer, portable(reason));
        },
        [this](errored_atom what, const connection_ref& which,
               const caf::error& reason) {
          return forward<void>([] {}, what, which, portable(reason));
        },
        [this](disconnect_atom what, const node_id& peer,
               caf::timespan linger) {
          return forward<void>([] {}, what, peer, linger);
        },
        // -- what the node says
        [this](active_atom) {
          return as_result(has_ended() ? errc::invalid_state : errc::none);
        },
        [this](deliver_atom, uint64_t number, inbound_envelope& in) {
          deliver(number, std::move(in));
        },
        [this](deliver_atom, uint64_t number,
               std::vector<inbound_envelope>& in) {
          deliver(number, std::move(in));
        },
        [this](caf::close_atom, const caf::error& reason) {
          self->quit(reason);
        },
        // -- what only the channel itself gets, in the node's process
        [](add_peer_atom, const connection_ref&, const caf::actor&) {
          return as_result(errc::invalid_state);
        },
        [](remove_peer_atom, const connection_ref&) {
          return as_result(errc::invalid_state);
        },
        [](errored_atom, const connection_ref&) {
          return as_result(errc::invalid_state);
        },
        [](deliver_atom, const std::vector<inbound_envelope>&, size_t,
           uint32_t) { return as_result(errc::invalid_state); },
        [this](closed_atom, caf::error& reason) { leave(std::move(reason)); },
        [](caf::flush_atom) {
          // Envelopes do not wait in this mailbox.
        },
        [this](caf::publish_atom) {
          for (const auto& [what, messages] : rules->losses().take())
            shed.add(what, messages);
        },
    };
  }

  // -- begin and end ----------------------------------------------------------

  void open() {
    if (start.bad.code != errc::none) {
      self->quit(to_error(start.bad));
      return;
    }
    gate_watch.set(caf::actor_cast<caf::strong_actor_ptr>(start.gate));
    self->request(start.gate, caf::infinite, open_channel_atom_v, start.what,
                  caf::actor_cast<caf::actor>(self))
        .then(
            [this](const caf::actor& at_node,
                   const caf::actor& opened_channel) {
              opened(at_node, opened_channel);
            },
            [this](const caf::error& reason) {
              auto is_ours = code_of(reason, errc::none) != errc::none;
              self->quit(
                  is_ours ? reason
                          : caf::make_error(errc::node_lost, text_of(reason)));
            });
  }

  void opened(const caf::actor& at_node, const caf::actor& opened_channel) {
    keeper = caf::actor_cast<channel_keeper_actor>(at_node);
    keeper_watch.set(caf::actor_cast<caf::strong_actor_ptr>(at_node));
    channel = caf::actor_cast<channel_actor>(opened_channel);
    for (auto& each : std::exchange(backlog, {}))
      each();
    if (leaving)
      leave(std::move(*leaving));
  }

  /// Its end is urgent, and overtakes what it sent before.
  void reactor_ended(caf::error reason) {
    ending = true;
    self->send(self, closed_atom_v, std::move(reason));
  }

  /// The reactor has ended, or closes the channel; the keeper sees us go. It
  /// has to be there for that.
  void leave(caf::error reason) {
    if (keeper)
      self->quit(portable(reason));
    else
      leaving = std::move(reason);
  }

  /// Whether the reactor has ended, even if we were not told yet.
  [[nodiscard]] bool has_ended() const {
    return caf::actor_cast<caf::abstract_actor*>(reactor)->getf(
        caf::abstract_actor::is_terminated_flag);
  }

  // -- outbound ---------------------------------------------------------------

  /// What the reactor does before the channel is open waits. It is bounded like
  /// what is on its way.
  void when_open(std::function<void()> what) {
    if (channel)
      what();
    else
      backlog.push_back(std::move(what));
  }

  /// Passes something on to the channel, and its answer back. Calls `sent`
  /// once it is on its way.
  template <class T, class F, class... Ts>
  caf::result<T> forward(F sent, Ts... xs) {
    if (!self->current_message_id().is_request()) {
      when_open([=, this] {
        caf::anon_send(channel, xs...);
        sent();
      });
      if constexpr (std::is_void_v<T>)
        return caf::unit;
      else
        return T{};
    }
    auto promise = self->template make_response_promise<T>();
    when_open([=, this] {
      auto failed = [promise](caf::error& reason) mutable {
        promise.deliver(std::move(reason));
      };
      auto asked = self->request(channel, caf::infinite, xs...);
      if constexpr (std::is_void_v<T>)
        std::move(asked).then([promise]() mutable { promise.deliver(); },
                              failed);
      else
        std::move(asked).then(
            [promise](T& answer) mutable {
              promise.deliver(std::move(answer));
            },
            failed);
      sent();
    });
    return promise;
  }

  /// The same for a message, which the mailbox has let in.
  template <class T, class... Ts>
  caf::result<T> pass(size_t size, Ts... xs) {
    return forward<T>([this, size] { on_its_way(size); }, std::move(xs)...);
  }

  template <class... Ts>
  caf::result<inbound_envelope> ask(size_t size, const question_key& of,
                                    Ts... xs) {
    auto promise = self->make_response_promise<inbound_envelope>();
    when_open([=, this] {
      self->request(channel, caf::infinite, xs...)
          .then(
              [=, this](inbound_envelope& in) mutable {
                if (auto bad = decode_answer(in, of); bad.code != errc::none)
                  promise.deliver(to_error(bad));
                else
                  promise.deliver(std::move(in));
              },
              [promise](caf::error& reason) mutable {
                promise.deliver(std::move(reason));
              });
      on_its_way(size);
    });
    return promise;
  }

  void on_its_way(size_t size) {
    if (unconfirmed.sent(size))
      ask_for_receipt();
  }

  void ask_for_receipt() {
    self->request(channel, caf::infinite, active_atom_v)
        .then([this] { receipt_came(); },
              [](const caf::error&) {
                // It ends, and so do we.
              });
  }

  void receipt_came() {
    auto confirm = [this](size_t size) { std::ignore = rules->arrived(size); };
    if (unconfirmed.came(confirm))
      ask_for_receipt();
  }

  // -- inbound ----------------------------------------------------------------

  /// Puts the message in place of its bytes.
  failure decode(inbound_envelope& in) const {
    const auto* raw = in.message.as<RawMessage>();
    if (raw == nullptr)
      return {errc::malformed_message, "not the bytes of a message"};
    auto content = codec.unmarshal(std::as_bytes(std::span{raw->body()}));
    if (!content)
      return content.error();
    in.message = std::move(*content);
    return {};
  }

  /// Answers are told from others by how they begin, before they are decoded.
  failure decode_other(inbound_envelope& in) const {
    if (auto bad = decode(in); bad.code != errc::none)
      return bad;
    if (in.message && rules->exchanges().is_answer(*in.message))
      return {errc::malformed_message,
              in.message.type_name() + " behind something else"};
    return {};
  }

  failure decode_answer(inbound_envelope& in, const question_key& to) {
    auto bad = decode(in);
    if (bad.code == errc::none) {
      const auto of = rules->exchanges().answered_by(*in.message);
      if (std::find(of.begin(), of.end(), to) != of.end())
        return {};
      bad = {errc::malformed_message, "an answer that looks like another one"};
    }
    self->send(channel, errored_atom_v, connection_ref{in.from, in.generation},
               blame_for(bad));
    return bad;
  }

  static caf::error blame_for(const failure& what) {
    return caf::make_error(blame::malformed_message, to_string(what));
  }

  void deliver(uint64_t number, inbound_envelope in) {
    if (auto bad = decode_other(in); bad.code != errc::none)
      done(number, blame_for(bad));
    else
      hand_over(number, std::move(in));
  }

  void deliver(uint64_t number, std::vector<inbound_envelope> all) {
    std::erase_if(all, [this](inbound_envelope& in) {
      auto bad = decode_other(in);
      if (bad.code != errc::none)
        self->send(channel, errored_atom_v,
                   connection_ref{in.from, in.generation}, blame_for(bad));
      return bad.code != errc::none;
    });
    if (all.empty())
      done(number, {});
    else
      hand_over(number, std::move(all));
  }

  template <class T>
  void hand_over(uint64_t number, T what) {
    self->request(reactor, caf::infinite, std::move(what))
        .then([this, number] { done(number, {}); },
              [this, number](const caf::error& reason) {
                // Who has ended fails no more.
                done(number, ending ? caf::error{} : portable(reason));
              });
  }

  void done(uint64_t number, caf::error reason) {
    self->send(keeper, finish_atom_v, number, std::move(reason));
  }

  inner_actor::pointer self;
  const channel_rules* rules; // Of the mailbox.
  opening start;
  // The node keeps us, and so our reactor, as it does its own channels. When
  // its process is gone, nobody else may be left, and the reactor has to hear
  // of that: we keep ourselves until we end.
  caf::actor alive;
  caf::actor reactor;
  wrapper codec;
  channel_keeper_actor keeper; // Null until the channel is open.
  channel_actor channel;
  std::vector<std::function<void()>> backlog;
  std::optional<caf::error> leaving;
  bool ending = false; // The reactor has ended, and we are about to.
  receipts unconfirmed;
  watch gate_watch;
  watch keeper_watch;
  shed_report<inner_actor::pointer> shed;
};

} // namespace

channel_actor spawn_remote_channel(caf::actor_system& sys,
                                   const node_gate_actor& gate,
                                   const caf::actor& router,
                                   const caf::actor& reactor,
                                   const channel_descriptor& descriptor,
                                   const google::protobuf::Message& prototype,
                                   const metrics& counters, delivery how) {
  auto made = exchange_rules::make(descriptor, prototype);
  opening what{.gate = gate,
               .router = router,
               .reactor = reactor,
               .what = {.descriptor = descriptor,
                        .type = prototype.GetTypeName(),
                        .in_batches = how == delivery::in_batches},
               .bad = made ? failure{} : made.error()};
  auto exchanges = made ? *std::move(made) : exchange_rules{};
  what.what.descriptor.exchanges.clear();
  if (wrapper{prototype}.wraps())
    what.what.answers = exchanges.on_wire(*prototype.GetDescriptor());
  auto rules = std::make_unique<channel_rules>(descriptor, std::move(exchanges),
                                               counters);
  const auto* shared = rules.get();
  auto mailbox
      = std::make_shared<inner_mailbox>(std::move(rules), qos_options{});
  return spawn_qos_state<remote_channel_state, inner_actor>(
      sys, std::move(mailbox), shared, std::move(what), prototype);
}

} // namespace troupe
