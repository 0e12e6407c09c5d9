// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_connection_actor.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/connection_account.hpp"
#include "troupe/transport/handshake_error.hpp"
#include "troupe/transport/quic/quic_talk.hpp"
#include "troupe/transport/signs_of_life.hpp"
#include "troupe/transport/watch.hpp"

namespace troupe {

namespace {

/// What the actor answers to besides its public interface.
using quic_connection_actor = connection_actor::extend<
    // There are datagrams on the line.
    caf::result<void>(received_atom),
    // There is room on the line.
    caf::result<void>(written_atom),
    // Others need our memory.
    caf::result<void>(closed_atom, caf::error)>;

/// While we wait for the remote's goodbye: its last word may be lost, and it
/// repeats that only if it hears something.
constexpr auto farewell_pings = std::chrono::milliseconds{250};

/// A connection's share of what all of the node have together.
std::unique_ptr<shared_rate::share>
part_of(const std::shared_ptr<shared_rate>& rate) {
  return rate ? rate->join() : nullptr;
}

///     idle --> handshaking --> greeted --> running
///
/// The actor ends from any of them.
struct quic_connection_state {
  static inline const char* name = "troupe.quic-connection";

  static constexpr size_t turn_max = 2; // Each is all that a line holds.

  enum class phase : uint8_t { idle, handshaking, greeted, running };

  quic_connection_state(quic_connection_actor::pointer ptr, quic_shared with,
                        quic_attachment at, std::optional<quic_arrival> arrived)
    : self(ptr),
      shared(std::move(with)),
      attached(std::move(at)),
      arrival(std::move(arrived)),
      port(ptr),
      owner(ptr),
      talk(attached.line,
           flow_meter{shared.node->stream.send_rate,
                      part_of(shared.node->rates.send)},
           flow_meter{shared.node->stream.recv_rate,
                      part_of(shared.node->rates.receive)}),
      account(shared.node->budget, shared.node->stream.receive,
              ptr->address()) {}

  ~quic_connection_state() {
    // Whoever let go of us did not say why.
    talk.part(errc::connection_closed, now());
    // Whoever hears of our end may have heard of it before this.
    attached.line->finish();
    caf::anon_send(attached.port, send_atom_v, attached.number);
  }

  quic_connection_actor::behavior_type make_behavior() {
    self->set_down_handler([this](caf::down_msg& msg) { down(msg); });
    port.set(caf::actor_cast<caf::strong_actor_ptr>(attached.port));
    if (auto bad = open(); bad.code != errc::none)
      self->send(self, closed_atom_v, to_error(bad));
    else
      self->send(self, received_atom_v);
    return {
        [this](handshake_atom, node_info& ours, const node_id& expected,
               caf::timespan limit) {
          return begin_handshake(std::move(ours), expected, limit);
        },
        [this](start_atom, const std::vector<channel_descriptor>& channels,
               const caf::actor& to,
               const caf::actor& from) { return start(channels, to, from); },
        [this](send_atom, outbound_batch& batch) {
          return send(std::move(batch));
        },
        [this](credit_atom, const std::vector<channel_credit>& windows,
               size_t memory) { take_back(windows, memory); },
        [this](charge_atom, const std::vector<channel_credit>& more) {
          charge(more);
        },
        [this](caf::ping_atom) { return ping(); },
        [this](active_atom) { return signs.first(self); },
        [this](caf::close_atom) { fail(errc::connection_closed); },
        [this](caf::close_atom, caf::timespan limit) { hang_up(limit); },
        [this](caf::get_atom) { return attached.ends; },
        [this](caf::get_atom, report_atom) { return report(); },
        [this](received_atom) { turn(); },
        [this](written_atom) { turn(); },
        [this](closed_atom, caf::error& reason) { end(std::move(reason)); },
    };
  }

  failure open() {
    const auto who = arrival ? direction::inbound : direction::outbound;
    auto tls = shared.identity->open(who, shared.clock->now());
    if (!tls)
      return tls.error();
    return talk.open(shared.protocols->limits(shared.node->stream),
                     std::move(*tls), arrival, *shared.node->random, now());
  }

  // -- handshake --------------------------------------------------------------

  caf::result<handshake_result> begin_handshake(node_info ours,
                                                const node_id& expected,
                                                caf::timespan limit) {
    if (current != phase::idle || !talk.is_open())
      return caf::make_error(errc::invalid_state, "a second handshake");
    current = phase::handshaking;
    // Who asks is known no more once there is a promise.
    owner.set(self->current_sender());
    promise = self->make_response_promise<handshake_result>();
    deadline.set(self, now() + limit, [this] {
      fail(errc::timeout, "the remote did not finish the handshake in time");
    });
    talk.begin(
        [this, info = std::move(ours)](const std::string& protocol) {
          return make_session(protocol, info);
        },
        [this, expected](const certified_node& who) {
          return check(who.id, expected);
        },
        now());
    turn();
    return promise;
  }

  failure check(const node_id& who, const node_id& expected) {
    if (auto bad = verify_identity(shared.node->key.id(), who, expected);
        bad.code != errc::none)
      return bad;
    return shared.protocols->check(talk.connection().tls().protocol(), who);
  }

  std::unique_ptr<quic_session> make_session(const std::string& protocol,
                                             const node_info& ours) {
    return quic_protocols::make_session(protocol,
                                        {.ours = ours,
                                         .key = shared.node->key.public_key(),
                                         .receive = shared.node->stream.receive,
                                         .ends = attached.ends,
                                         .home = attached.home},
                                        shared.node->accepted,
                                        arrival ? direction::inbound
                                                : direction::outbound,
                                        *shared.node->random);
  }

  void greet() {
    current = phase::greeted;
    deadline.cancel();
    judged = talk.session()->judged_by_remote();
    promise.deliver(handshake_result{talk.proven(), talk.session()->info(),
                                     attached.ends, window_scope::channel});
  }

  caf::result<void> start(const std::vector<channel_descriptor>& channels,
                          const caf::actor& to, const caf::actor& from) {
    if (current != phase::greeted)
      return caf::make_error(errc::invalid_state,
                             "start comes once, after the handshake");
    current = phase::running;
    // Weak: they hold us.
    reader = to.address();
    writer = from.address();
    talk.start(channels);
    turn();
    return caf::unit;
  }

  // -- running ----------------------------------------------------------------

  caf::result<void> send(outbound_batch batch) {
    if (current != phase::running)
      return caf::make_error(errc::invalid_state,
                             "the connection is not started");
    for (auto& message : batch)
      if (auto code = talk.session()->send(std::move(message));
          code != errc::none)
        return caf::make_error(code);
    turn();
    return caf::unit;
  }

  caf::result<void> ping() {
    if (current != phase::running)
      return caf::make_error(errc::invalid_state,
                             "the connection is not started");
    auto answer = signs.next(self);
    talk.session()->ping();
    turn();
    return answer;
  }

  peer_traffic report() {
    if (current == phase::running)
      traffic.rtt = talk.connection().rtt();
    return traffic;
  }

  /// Gives to the reader what has arrived and fits into the windows, or all.
  void hand_over(inbound_batch batch) {
    auto to = caf::actor_cast<connection_reader>(reader);
    if (auto skipped = talk.session()->take_skipped(); !skipped.empty()) {
      heard = true;
      if (to)
        self->send(to, skipped_atom_v, std::move(skipped));
    }
    if (batch.empty())
      return;
    heard = true;
    for (const auto& message : batch)
      traffic.on(message.channel).received_bytes += message.body.size();
    if (to)
      self->send(to, std::move(batch));
  }

  void take_back(const std::vector<channel_credit>& windows, size_t memory) {
    talk.give_back(windows, memory);
    if (current == phase::running)
      turn();
  }

  void charge(const std::vector<channel_credit>& more) {
    talk.charge(more);
    if (current == phase::running)
      settle();
  }

  /// Says how much memory we hold. @returns `false` if that ends us.
  bool settle() {
    auto bad = account.hold(talk.held_bytes());
    if (bad)
      end(bad);
    return !bad;
  }

  /// Whatever happened, this does all that is possible now.
  void turn() {
    if (!talk.is_open() || talk.parted())
      return;
    const auto time = now();
    const auto came = talk.receive(time);
    const auto& connection = talk.connection();
    if (came && !connection.ended())
      signs.came();
    if (connection.heard() && !connection.ended() && !std::exchange(told, true))
      self->send(attached.port, active_atom_v, attached.number);
    if (talk.session() != nullptr && !advance(time))
      return;
    pump(time);
    // Sending may find what ends the connection, too.
    if (connection.ended())
      gone(*connection.ended());
    else if (settle())
      set_alarm(time);
  }

  /// Looks at what the session says. @returns `false` if that ends us.
  bool advance(time_point time) {
    if (current == phase::handshaking && talk.session()->greeted())
      greet();
    if (current == phase::running)
      hand_over(talk.take_messages());
    if (talk.connection().ended())
      return true;
    if (const auto& bad = talk.session()->error(); bad.code != errc::none) {
      end(current == phase::handshaking ? handshake_error(bad, talk.proven())
                                        : to_error(bad));
      return false;
    }
    if (auto code = talk.session()->tick(time); code != errc::none) {
      fail(code);
      return false;
    }
    if (talk.session()->over()) {
      fail(closing ? errc::hung_up : errc::connection_closed);
      return false;
    }
    return true;
  }

  /// Keeps the port supplied.
  void pump(time_point time) {
    if (talk.pump(time))
      self->send(attached.port, send_atom_v, attached.number);
    if (current != phase::running)
      return;
    for (const auto& lost : talk.session()->take_lost())
      traffic.on(lost.channel).shed += lost.messages;
    if (auto sent = talk.session()->take_sent(); !sent.empty())
      if (auto to = caf::actor_cast<connection_writer>(writer))
        self->send(to, sent_atom_v, std::move(sent));
  }

  /// Comes after each call into the library, which may have a new time.
  void set_alarm(time_point time) {
    const auto next = talk.next_wakeup(time);
    if (next != time_point::max())
      wakeup.set(self, next, [this] { turn(); });
  }

  // -- the end ----------------------------------------------------------------

  /// Ends behind what is queued, once the remote has taken that and closes.
  void hang_up(caf::timespan limit) {
    if (closing)
      return;
    if (current != phase::running) {
      fail(errc::hung_up);
      return;
    }
    closing = true;
    talk.session()->hang_up();
    talk.connection().keep_alive(farewell_pings);
    deadline.set(self, now() + limit, [this] {
      fail(errc::hung_up, "the remote did not take all in time");
    });
    turn();
  }

  /// The connection is over, and not because we wanted that.
  void gone(const quic_end& why) {
    // Whoever asked for the handshake starts us or ends us, and may get what
    // came before.
    if (current == phase::greeted && talk.session()->has_early())
      return;
    const auto closed = why.why.code == errc::connection_closed;
    if (current == phase::handshaking) {
      end(closed && talk.proven() ? caf::make_error(
              errc::connection_closed,
              "the remote hung up once it knew who we are: it may have "
              "dialed another ID, or not want us")
                                  : handshake_error(why.why, talk.proven()));
      return;
    }
    // It has all, or has said so, and how it went is no matter.
    if (closed && closing
        && (why.remote_code == 0 || talk.connection().drained()))
      fail(errc::hung_up);
    else if (closed && !heard && judged != errc::none)
      fail(judged, "the remote hung up after the handshake, as our node infos "
                   "do not fit");
    else
      end(to_error(why.why));
  }

  void down(const caf::down_msg& msg) {
    if (port.is(msg.source))
      fail(errc::shutting_down, "the transport has ended");
    else if (owner.is(msg.source))
      fail(errc::shutting_down);
  }

  void fail(errc code, std::string context = {}) {
    end(context.empty() ? caf::make_error(code)
                        : caf::make_error(code, std::move(context)));
  }

  void end(caf::error reason) {
    if (talk.parted())
      return;
    if (current == phase::handshaking)
      promise.deliver(reason);
    // Whoever holds too much keeps none of it.
    if (current == phase::running && !closing && reason != errc::over_budget)
      hand_over(talk.take_rest());
    const auto code = code_of(reason, errc::connection_closed);
    talk.part(code, now());
    self->quit(std::move(reason));
  }

  [[nodiscard]] time_point now() const {
    return self->system().clock().now();
  }

  quic_connection_actor::pointer self;
  quic_shared shared;
  quic_attachment attached;
  std::optional<quic_arrival> arrival;
  phase current = phase::idle;
  alarm wakeup;
  alarm deadline; // Of the handshake, and of the goodbye.

  watch port;
  watch owner; // Whoever asked for the handshake.
  signs_of_life signs;
  caf::typed_response_promise<handshake_result> promise;

  quic_talk talk;
  caf::actor_addr reader;
  caf::actor_addr writer;
  peer_traffic traffic;
  connection_account account;

  bool told = false;        // The port, that somebody is there.
  bool heard = false;       // A message has arrived.
  errc judged = errc::none; // What the remote finds wrong with our node info.
  bool closing = false;
};

} // namespace

connection_actor spawn_quic_connection(caf::actor_system& sys,
                                       quic_shared shared,
                                       quic_attachment attached,
                                       std::optional<quic_arrival> arrival) {
  return spawn_state<quic_connection_state, quic_connection_actor>(
      sys, std::move(shared), std::move(attached), std::move(arrival));
}

} // namespace troupe
