// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/connector.hpp"

#include <utility>
#include <variant>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/transport/handshake_error.hpp"

namespace troupe {

namespace {

using kind = router_child::kind;

join_options join_options_of(const node_options& options) {
  // Whoever is late by less is still heard.
  constexpr duration grace = std::chrono::seconds{30};
  return {.dials_max = options.max_dials,
          .handshakes = options.handshakes,
          .filters = has_filter(options),
          .dial_time = longest_dial(options) + grace,
          .accept_time = longest_accept(options) + grace};
}

} // namespace

connector::connector(router_actor::pointer self, const node_options& options,
                     metrics counters, router_children& children,
                     event_log& lines, event_publisher& events,
                     switchboard& switchboard)
  : self_(self),
    options_(options),
    children_(children),
    lines_(lines),
    events_(events),
    switchboard_(switchboard),
    counters_(std::move(counters)),
    flow_(join_options_of(options)) {}

void connector::start(helpers with) {
  with_ = std::move(with);
  flow_.start();
  introduce();
  dial_next();
  wait_next();
}

void connector::introduce() {
  if (!flow_.is_running())
    return;
  auto open = switchboard_.open_channels();
  auto profile = profile_of(own_info(open));
  flow_.introduce(std::move(open), profile);
  caf::anon_send(with_.manager, introduce_atom_v, std::move(profile));
}

// -- beginnings ---------------------------------------------------------------

/// Keeps one question to the peer manager open while there is room.
void connector::dial_next() {
  if (!flow_.ask_to_dial())
    return;
  self_->request(with_.manager, caf::infinite, dial_next_atom_v)
      .then(
          [this](const node_address& address) {
            begin(flow_.dial(address, now()));
            dial_next();
          },
          [](const caf::error&) {
            // The manager ended, which the router sees by itself.
          });
}

void connector::wait_next() {
  self_->request(with_.manager, caf::infinite, wait_next_atom_v)
      .then(
          [this](wait_notice& notice) {
            lines_.info("peer_waiting", "peer={} why={}", notice.peer,
                        log_text(notice.why));
            events_.publish({.what = node_event::kind::peer_waiting,
                             .peer = notice.peer,
                             .reason = std::move(notice.why),
                             .wait = notice.wait});
            wait_next();
          },
          [](const caf::error&) {
            // The manager ended, which the router sees by itself.
          });
}

/// Keeps one question to the transport open, whatever comes of the answers:
/// only a transport that is closed ends this.
void connector::accept_from(const transport_actor& transport) {
  if (!flow_.is_running())
    return;
  self_->request(transport, caf::infinite, accept_atom_v)
      .then(
          [this, transport](const caf::actor& connection) {
            arrived(caf::actor_cast<connection_actor>(connection));
            accept_from(transport);
          },
          [](const caf::error&) {
            // Closed, which is the end of this loop.
          });
}

void connector::arrived(const connection_actor& connection) {
  children_.adopt(connection, {.what = kind::candidate});
  if (!flow_.is_running()) {
    // Nobody is left to wait for its end.
    self_->send_exit(connection, caf::make_error(errc::shutting_down));
    return;
  }
  self_->request(connection, caf::infinite, caf::get_atom_v)
      .then([this, connection](
                const connection_ends& ends) { take_in(connection, ends); },
            [](const caf::error&) {
              // Gone already.
            });
}

void connector::take_in(const connection_actor& connection,
                        const connection_ends& ends) {
  counters_.connecting(direction::inbound);
  std::optional<origin> group;
  if (ends.remote.ip)
    group = origin_of(options_.inbound, *ends.remote.ip);
  auto what = flow_.arrived(ends.remote, group, now());
  children_.promote(connection.address(),
                    {.what = kind::candidate, .attempt = what.id});
  means_[what.id].connection = connection;
  begin(std::move(what));
}

void connector::begin(join_start what) {
  if (what.displaced)
    finish(*what.displaced, {});
  go_on(what.id, what.next);
  if (auto when = flow_.next_wakeup())
    deadline_.set(self_, *when, [this] { expire(); });
}

void connector::expire() {
  for (const auto& end : flow_.expire(now()))
    finish(end, {});
  if (auto when = flow_.next_wakeup())
    deadline_.set(self_, *when, [this] { expire(); });
}

// -- steps --------------------------------------------------------------------

/// @param reason of what has failed, if something has.
void connector::go_on(join_id id, const join_next& next,
                      const caf::error& reason) {
  if (const auto* end = std::get_if<join_end>(&next))
    finish(*end, reason);
  else if (const auto* step = std::get_if<join_step>(&next))
    take(id, *step);
}

void connector::take(join_id id, join_step step) {
  switch (step) {
    case join_step::wait:
      break;
    case join_step::dial:
      reach_for(id);
      break;
    case join_step::check_endpoint:
      check_endpoint(id);
      break;
    case join_step::greet:
      greet(id);
      break;
    case join_step::check_id:
      check_id(id);
      break;
    case join_step::ask:
      ask_for_admission(id);
      break;
  }
}

void connector::reach_for(join_id id) {
  const auto& address = *flow_.find(id)->dialed;
  lines_.debug("dialing", "address={}", address);
  if (!needs_lookup(address)) {
    reach_for(id, std::nullopt);
    return;
  }
  // What a number is, whoever learned it has judged.
  self_->request(with_.manager, caf::infinite, caf::resolve_atom_v, address)
      .then(
          [this, id](bool trusted) {
            if (trusted)
              reach_for(id, std::nullopt);
            else
              reach_for(id, name_limits{own_endpoints_,
                                        !options_.address_book_strict});
          },
          [this, id](const caf::error& reason) { failed(id, reason); });
}

void connector::reach_for(join_id id,
                          const std::optional<name_limits>& limits) {
  const auto* who = flow_.find(id);
  if (who == nullptr)
    return;
  const auto& address = *who->dialed;
  auto dialer = children_.adopt(
      spawn_dialer(self_->system(),
                   {with_.transports, with_.resolver, with_.filter,
                    options_.resolve_timeout, options_.dial_timeout, limits}),
      {.what = kind::dialer, .attempt = id});
  means_[id].dialer = dialer;
  self_->request(dialer, caf::infinite, caf::connect_atom_v, address)
      .then(
          [this, id, address](const caf::actor& found) {
            counters_.connecting(direction::outbound);
            means_[id] = {.connection = children_.adopt(
                              caf::actor_cast<connection_actor>(found),
                              {.what = kind::candidate, .attempt = id})};
            reached(id, address);
          },
          [this, id](const caf::error& reason) { failed(id, reason); });
}

/// Asks whether anybody still wants this one: others may have been dialed for
/// the same slot.
void connector::reached(join_id id, const node_address& where) {
  self_->request(with_.manager, caf::infinite, caf::connect_atom_v, where)
      .then([this, id] { go_on(id, flow_.connected(id)); },
            [this, id](const caf::error& reason) {
              if (auto node = means_.extract(id); !node.empty())
                self_->send_exit(node.mapped().connection, reason);
              failed(id, reason);
            });
}

void connector::check_endpoint(join_id id) {
  self_
      ->request(with_.filter, caf::infinite, filter_atom_v,
                flow_.find(id)->remote)
      .then([this, id] { go_on(id, flow_.passed(id)); },
            [this, id](const caf::error& reason) { failed(id, reason); });
}

void connector::greet(join_id id) {
  const auto& who = *flow_.find(id);
  const auto& connection = means_[id].connection;
  if (!who.dialed)
    self_->request(connection, caf::infinite, active_atom_v)
        .then([this, id] { flow_.heard(id); },
              [](const caf::error&) {
                // It ended without a word.
              });
  self_
      ->request(connection, caf::infinite, handshake_atom_v,
                own_info(who.channels, who.dialed ? who.dialed->protocol
                                                  : who.remote.protocol),
                who.dialed ? who.dialed->id : node_id{},
                caf::timespan{options_.handshake_timeout})
      .then(
          [this, id](handshake_result& remote) {
            auto next = flow_.greeted(id, remote.id, remote.ends.remote);
            if (auto i = means_.find(id); i != means_.end()) {
              i->second.info = std::move(remote.info);
              i->second.windows = remote.windows;
            }
            go_on(id, next);
          },
          [this, id](const caf::error& reason) { failed(id, reason); });
}

void connector::check_id(join_id id) {
  const auto& who = *flow_.find(id);
  self_
      ->request(with_.filter, caf::infinite, filter_atom_v, who.peer,
                who.remote)
      .then([this, id] { go_on(id, flow_.passed(id)); },
            [this, id](const caf::error& reason) { failed(id, reason); });
}

void connector::ask_for_admission(join_id id) {
  const auto& who = *flow_.find(id);
  auto done = [this, id](const admission& verdict) { admitted(id, verdict); };
  auto refused = [this, id](const caf::error& reason) { failed(id, reason); };
  if (who.dialed)
    self_
        ->request(with_.manager, caf::infinite, dialed_atom_v, *who.dialed,
                  who.remote)
        .then(done, refused);
  else if (who.subnet)
    self_
        ->request(with_.manager, caf::infinite, accepted_atom_v, who.peer,
                  *who.subnet, who.remote)
        .then(done, refused);
  else
    self_
        ->request(with_.manager, caf::infinite, accepted_atom_v, who.peer,
                  who.remote)
        .then(done, refused);
}

void connector::admitted(join_id id, const admission& verdict) {
  if (flow_.find(id)->dialed)
    counters_.dialed();
  const auto which = connection_ref{flow_.find(id)->peer, verdict.generation};
  if (verdict.replaces)
    switchboard_.replace({which.peer, *verdict.replaces});
  auto next = flow_.admitted(id);
  if (const auto* done = std::get_if<join_done>(&next)) {
    auto got = std::move(means_.extract(id).mapped());
    switchboard_.connect(done->who, verdict, got.connection, got.windows,
                         got.info);
    dial_next();
  } else {
    const auto& end = std::get<join_end>(next);
    caf::anon_send(with_.manager, disconnected_atom_v, which,
                   to_error(end.why));
    finish(end, {});
  }
}

void connector::failed(join_id id, const caf::error& reason) {
  go_on(id, flow_.failed(id, code_of(reason, errc::none), proven_id(reason)),
        reason);
}

// -- ends ---------------------------------------------------------------------

/// @param given why, unless the flow has a reason of its own.
void connector::finish(const join_end& end, const caf::error& given) {
  const auto reason = end.why.code != errc::none ? to_error(end.why) : given;
  if (auto node = means_.extract(end.id); !node.empty() && end.close) {
    if (const auto& connection = node.mapped().connection)
      self_->send_exit(connection, reason);
    else
      self_->send_exit(node.mapped().dialer, reason);
  }
  // Anonymous: that the manager has forgotten whom this is about is no error.
  if (end.blame)
    caf::anon_send(with_.manager, report_atom_v, end.who.peer, *end.blame);
  if (end.misfit)
    caf::anon_send(with_.manager, incompatible_atom_v, end.who.peer, reason);
  if (end.owed) {
    counters_.dial_failed();
    caf::anon_send(with_.manager, dial_failed_atom_v, *end.who.dialed, reason);
  }
  if (end.tell)
    report(end.who, reason);
  dial_next();
}

void connector::report(const join_attempt& who, const caf::error& reason) {
  const auto code = code_of(reason, errc::connection_closed);
  // All that the peer manager wanted to know was whether somebody answers.
  if (who.dialed && code == errc::hung_up) {
    lines_.info("dial_answered", "address={}", *who.dialed);
    return;
  }
  counters_.refused(who.way(), to_string(code));
  node_event event{.code = code, .reason = text_of(reason)};
  if (who.dialed) {
    lines_.info("dial_failed", "address={} reason={}", *who.dialed,
                log_text(event.reason));
    event.what = node_event::kind::dial_failed;
    event.address = *who.dialed;
    event.peer = who.dialed->id;
  } else {
    lines_.info("refused", "peer={} reason={}", who.peer,
                log_text(event.reason));
    event.what = node_event::kind::refused;
    event.where = who.remote;
    event.peer = who.peer;
  }
  events_.publish(event);
}

/// @param protocol of the connection on which we say it. Over TCP nobody hears
/// where we listen with QUIC only: nodes of other makes take whatever place
/// they are told for one of TCP.
node_info connector::own_info(const channel_list& open,
                              std::string_view protocol) const {
  std::vector<channel_id> ids;
  for (const auto& channel : open)
    ids.push_back(channel.id);
  const auto& where
      = public_tcp_ || protocol != quic_protocol ? public_tcp_ : public_quic_;
  return make_node_info(options_, where, std::move(ids));
}

time_point connector::now() const {
  return self_->system().clock().now();
}

} // namespace troupe
