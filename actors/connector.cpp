// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/connector.hpp"

#include <utility>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/as_result.hpp"
#include "troupe/actors/dialer_actor.hpp"
#include "troupe/actors/log.hpp"

namespace troupe {

connector::connector(router_actor::pointer self, const node_options& options,
                     children<router_actor::pointer>& household,
                     event_publisher& events, hooks calls)
  : self_(self),
    options_(options),
    household_(household),
    events_(events),
    hooks_(std::move(calls)),
    counters_(self->system()) {}

void connector::start(
    const peer_manager_actor& manager, const resolver_actor& resolver,
    const std::map<std::string, transport_actor>& transports) {
  running_ = true;
  manager_ = manager;
  resolver_ = resolver;
  transports_ = transports;
  dial_next();
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
  self_->request(manager_, caf::infinite, dial_next_atom_v)
      .then(
          [this](const node_address& address) {
            asked_to_dial_ = false;
            dial(address);
            dial_next();
          },
          [](const caf::error&) {
            // The manager ended, which the router sees by itself.
          });
}

void connector::dial(const node_address& address) {
  ++dials_;
  log().debug("event=dialing address={}", address);
  auto dialer = household_.adopt(spawn_dialer(
      self_->system(), {transports_, resolver_, options_.resolve_timeout,
                        options_.dial_timeout}));
  self_->request(dialer, caf::infinite, caf::connect_atom_v, address)
      .then(
          [this, address](const caf::actor& connection) {
            greet(caf::actor_cast<connection_actor>(connection), address);
          },
          [this, address](const caf::error& reason) {
            dial_failed(address, reason);
          });
}

void connector::dial_failed(const node_address& address,
                            const caf::error& reason) {
  // Anonymous: that the manager has given up this dial already is no error.
  caf::anon_send(manager_, dial_failed_atom_v, address);
  report_failure(address, reason);
  end_dial();
}

void connector::report_failure(const node_address& address,
                               const caf::error& reason) {
  auto code = code_of(reason, errc::connection_closed);
  log().info("event=dial_failed address={} reason=\"{}\"", address,
             text_of(reason));
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

void connector::accept_from(const transport_actor& transport) {
  if (!running_)
    return;
  if (handshakes_ >= options_.max_handshakes) {
    deferred_.push_back(transport);
    return;
  }
  self_->request(transport, caf::infinite, accept_atom_v)
      .then(
          [this, transport](const caf::actor& connection) {
            ++handshakes_;
            greet(caf::actor_cast<connection_actor>(connection), std::nullopt);
            accept_from(transport);
          },
          [](const caf::error&) {
            // Closed, which is the end of this loop.
          });
}

void connector::end_handshake() {
  --handshakes_;
  for (auto& transport : std::exchange(deferred_, {}))
    accept_from(transport);
}

// -- handshake and admission --------------------------------------------------

void connector::greet(connection_actor connection,
                      std::optional<node_address> dialed) {
  household_.adopt(connection);
  auto who = std::make_shared<candidate>(candidate{
      std::move(connection), std::move(dialed), hooks_.open_channels()});
  auto expected = who->dialed ? who->dialed->id : node_id{};
  self_
      ->request(who->connection, caf::infinite, handshake_atom_v,
                hooks_.own_info(who->channels), expected,
                caf::timespan{options_.handshake_timeout})
      .then(
          [this, who](handshake_result& remote) {
            who->remote = std::move(remote);
            ask_for_admission(who);
          },
          [this, who](const caf::error& reason) { rejected(*who, reason); });
}

void connector::ask_for_admission(const candidate_ptr& who) {
  auto admitted = [this, who](const admission& verdict) {
    hooks_.admitted(*who, verdict);
    end_attempt(*who);
  };
  auto not_wanted
      = [this, who](const caf::error& reason) { refused(*who, reason); };
  if (who->dialed)
    self_->request(manager_, caf::infinite, dialed_atom_v, *who->dialed)
        .then(admitted, not_wanted);
  else
    self_->request(manager_, caf::infinite, accepted_atom_v, who->remote.id)
        .then(admitted, not_wanted);
}

void connector::end_attempt(const candidate& who) {
  if (who.dialed)
    end_dial();
  else
    end_handshake();
}

/// The handshake failed; the connection is gone or about to go.
void connector::rejected(const candidate& who, const caf::error& reason) {
  if (who.dialed) {
    dial_failed(*who.dialed, reason);
    return;
  }
  report_refusal(who, reason);
  end_handshake();
}

/// The peer manager does not want the connection.
void connector::refused(const candidate& who, const caf::error& reason) {
  self_->send_exit(who.connection, reason);
  if (who.dialed)
    report_failure(*who.dialed, reason);
  else
    report_refusal(who, reason);
  end_attempt(who);
}

void connector::report_refusal(const candidate& who, const caf::error& reason) {
  auto code = code_of(reason, errc::connection_closed);
  log().info("event=refused peer={} reason=\"{}\"", who.remote.id,
             text_of(reason));
  counters_.refused(direction::inbound, to_string(code));
  events_.publish({.what = node_event::kind::refused,
                   .where = who.remote.ends.remote,
                   .peer = who.remote.id,
                   .code = code,
                   .reason = text_of(reason)});
}

} // namespace troupe
