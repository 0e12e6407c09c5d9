// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/connector.hpp"

#include <utility>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/router/dialer_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/culprit.hpp"
#include "troupe/transport/handshake_error.hpp"

namespace troupe {

connector::connector(router_actor::pointer self, const node_options& options,
                     children<router_actor::pointer>& children,
                     event_log& lines, event_publisher& events, hooks calls)
  : self_(self),
    options_(options),
    children_(children),
    lines_(lines),
    events_(events),
    hooks_(std::move(calls)),
    counters_(self->system()),
    handshakes_(options.handshakes) {}

void connector::start(helpers with) {
  running_ = true;
  with_ = std::move(with);
  introduce();
  dial_next();
}

void connector::introduce() {
  if (running_)
    caf::anon_send(with_.manager, introduce_atom_v,
                   profile(hooks_.open_channels()));
}

std::string connector::profile(const channel_list& open) const {
  return profile_of(hooks_.own_info(open));
}

void connector::stop() {
  running_ = false;
}

// -- dialing ------------------------------------------------------------------

/// Keeps one question to the peer manager open while there is room.
void connector::dial_next() {
  if (!running_ || asked_to_dial_ || dials_ >= options_.max_dials)
    return;
  asked_to_dial_ = true;
  self_->request(with_.manager, caf::infinite, dial_next_atom_v)
      .then(
          [this](const node_address& address) {
            asked_to_dial_ = false;
            // Connections that end leave room for others, also at the end: then
            // nobody is there to dial for us, or to end who waits for that.
            if (!running_)
              return;
            dial(address);
            dial_next();
          },
          [](const caf::error&) {
            // The manager ended, which the router sees by itself.
          });
}

void connector::dial(const node_address& address) {
  ++dials_;
  lines_.debug("dialing", "address={}", address);
  auto dialer = children_.adopt(spawn_dialer(
      self_->system(), {with_.transports, with_.resolver, with_.filter,
                        options_.resolve_timeout, options_.dial_timeout}));
  self_->request(dialer, caf::infinite, caf::connect_atom_v, address)
      .then(
          [this, address](const caf::actor& found) {
            auto connection
                = children_.adopt(caf::actor_cast<connection_actor>(found));
            if (running_)
              greet(make_candidate(connection, address));
            else
              turn_away(connection);
          },
          [this, address](const caf::error& reason) {
            dial_failed(address, reason);
          });
}

void connector::dial_failed(const node_address& address,
                            const caf::error& reason) {
  // Anonymous: that the manager has given up this dial already is no error.
  caf::anon_send(with_.manager, dial_failed_atom_v, address, reason);
  report_failure(address, reason);
  end_dial();
}

void connector::report_failure(const node_address& address,
                               const caf::error& reason) {
  auto code = code_of(reason, errc::connection_closed);
  lines_.info("dial_failed", "address={} reason={}", address,
              log_text(text_of(reason)));
  counters_.refused(direction::outbound, to_string(code));
  events_.publish({.what = node_event::kind::dial_failed,
                   .address = address,
                   .peer = address.id,
                   .code = code,
                   .reason = text_of(reason)});
}

void connector::end_dial() {
  --dials_;
  dial_next();
}

// -- accepting ----------------------------------------------------------------

/// Keeps one question to the transport open, whatever comes of the answers:
/// only a transport that is closed ends this.
void connector::accept_from(const transport_actor& transport) {
  if (!running_)
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

/// Ends a connection that comes when nobody is left to wait for its end.
void connector::turn_away(const connection_actor& connection) {
  self_->send_exit(connection, caf::make_error(errc::shutting_down));
}

void connector::arrived(const connection_actor& connection) {
  children_.adopt(connection);
  if (!running_) {
    turn_away(connection);
    return;
  }
  self_->request(connection, caf::infinite, caf::get_atom_v)
      .then([this, connection](
                const connection_ends& ends) { take_in(connection, ends); },
            [](const caf::error&) {
              // Gone already.
            });
}

/// Gives an accepted connection a slot, or turns it away.
void connector::take_in(const connection_actor& connection,
                        const connection_ends& ends) {
  auto who = make_candidate(connection, std::nullopt);
  who->remote.ends = ends;
  std::optional<origin> from;
  if (ends.remote.ip)
    from = origin_of(options_.inbound, *ends.remote.ip);
  if (from)
    who->subnet = from->subnet;
  auto place = handshakes_.enter(from, self_->system().clock().now());
  if (place.displaced)
    displace(*place.displaced);
  if (place.code != errc::none) {
    turn_away(*who, caf::make_error(place.code, "no place for a handshake"));
    return;
  }
  who->slot = place.slot;
  accepted_.emplace(place.slot, who);
  ask_ip_filter(who);
}

void connector::displace(uint64_t slot) {
  auto node = accepted_.extract(slot);
  if (node.empty())
    return;
  turn_away(*node.mapped(), caf::make_error(errc::rate_limited,
                                            "made way for another handshake"));
}

/// There is no place for a connection that was accepted.
void connector::turn_away(const candidate& who, const caf::error& reason) {
  self_->send_exit(who.connection, reason);
  report_refusal(who, reason);
}

/// @returns `false` if the connection had lost its slot before, which was
/// reported then.
bool connector::end_handshake(const candidate& who) {
  accepted_.erase(*who.slot);
  return handshakes_.leave(*who.slot);
}

// -- handshake and admission --------------------------------------------------

connector::candidate_ptr
connector::make_candidate(connection_actor connection,
                          std::optional<node_address> dialed) {
  return std::make_shared<candidate>(candidate{
      std::move(connection), std::move(dialed), hooks_.open_channels()});
}

/// Before any cryptography. Dialers ask by themselves, before they connect.
void connector::ask_ip_filter(const candidate_ptr& who) {
  if (!with_.filter) {
    greet(who);
    return;
  }
  self_
      ->request(with_.filter, caf::infinite, filter_atom_v,
                who->remote.ends.remote)
      .then([this, who] { greet(who); },
            [this, who](const caf::error& reason) { refused(*who, reason); });
}

/// Notes whether the remote says anything, now that it is its turn.
void connector::listen_to(const candidate& who) {
  handshakes_.listens(*who.slot);
  self_->request(who.connection, caf::infinite, active_atom_v)
      .then([this, slot = *who.slot] { handshakes_.heard(slot); },
            [](const caf::error&) {
              // It ended without a word.
            });
}

void connector::greet(const candidate_ptr& who) {
  if (!who->dialed)
    listen_to(*who);
  auto expected = who->dialed ? who->dialed->id : node_id{};
  self_
      ->request(who->connection, caf::infinite, handshake_atom_v,
                hooks_.own_info(who->channels), expected,
                caf::timespan{options_.handshake_timeout})
      .then(
          [this, who](handshake_result& remote) {
            who->remote = std::move(remote);
            ask_id_filter(who);
          },
          [this, who](const caf::error& reason) { failed(*who, reason); });
}

/// Whether what we said about us in the handshake still decides who fits.
bool connector::is_up_to_date(const candidate& who) const {
  return profile(who.channels) == profile(hooks_.open_channels());
}

/// The handshake failed. If the remote does not fit, the peer manager has to
/// know, as long as that is true.
void connector::failed(candidate& who, const caf::error& reason) {
  who.remote.id = proven_id(reason);
  // Only who has proven its ID can be blamed, and strangers get no record.
  if (auto what = behaviour_behind(code_of(reason, errc::none));
      what && who.remote.id)
    caf::anon_send(with_.manager, report_atom_v, who.remote.id, *what);
  if (is_incompatibility(code_of(reason, errc::none))) {
    if (!is_up_to_date(who)) {
      rejected(who, caf::make_error(errc::connection_closed,
                                    "we have changed meanwhile"));
      return;
    }
    if (!who.dialed && who.remote.id)
      caf::anon_send(with_.manager, incompatible_atom_v, who.remote.id, reason);
  }
  rejected(who, reason);
}

void connector::ask_id_filter(const candidate_ptr& who) {
  if (!with_.filter) {
    ask_for_admission(who);
    return;
  }
  self_
      ->request(with_.filter, caf::infinite, filter_atom_v, who->remote.id,
                who->remote.ends.remote)
      .then([this, who] { ask_for_admission(who); },
            [this, who](const caf::error& reason) {
              self_->send_exit(who->connection, reason);
              rejected(*who, reason);
            });
}

void connector::ask_for_admission(const candidate_ptr& who) {
  auto admitted = [this, who](const admission& verdict) {
    hooks_.admitted(*who, verdict);
    end_attempt(*who);
  };
  auto not_wanted
      = [this, who](const caf::error& reason) { refused(*who, reason); };
  if (who->dialed)
    self_->request(with_.manager, caf::infinite, dialed_atom_v, *who->dialed)
        .then(admitted, not_wanted);
  else if (who->subnet)
    self_
        ->request(with_.manager, caf::infinite, accepted_atom_v, who->remote.id,
                  *who->subnet)
        .then(admitted, not_wanted);
  else
    self_
        ->request(with_.manager, caf::infinite, accepted_atom_v, who->remote.id)
        .then(admitted, not_wanted);
}

void connector::end_attempt(const candidate& who) {
  if (who.dialed)
    end_dial();
  else
    end_handshake(who);
}

/// The handshake failed, or the remote did not pass a filter after it; the
/// connection is gone or about to go.
void connector::rejected(const candidate& who, const caf::error& reason) {
  if (who.dialed) {
    dial_failed(*who.dialed, reason);
    return;
  }
  if (end_handshake(who))
    report_refusal(who, reason);
}

/// The peer manager or a filter does not want the connection.
void connector::refused(const candidate& who, const caf::error& reason) {
  self_->send_exit(who.connection, reason);
  if (who.dialed) {
    report_failure(*who.dialed, reason);
    end_dial();
  } else if (end_handshake(who)) {
    report_refusal(who, reason);
  }
}

void connector::report_refusal(const candidate& who, const caf::error& reason) {
  auto code = code_of(reason, errc::connection_closed);
  lines_.info("refused", "peer={} reason={}", who.remote.id,
              log_text(text_of(reason)));
  counters_.refused(direction::inbound, to_string(code));
  events_.publish({.what = node_event::kind::refused,
                   .where = who.remote.ends.remote,
                   .peer = who.remote.id,
                   .code = code,
                   .reason = text_of(reason)});
}

} // namespace troupe
