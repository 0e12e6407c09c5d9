// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/switchboard.hpp"

#include <utility>

#include <caf/message_priority.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/as_result.hpp"

namespace troupe {

namespace {

using kind = router_child::kind;

/// What channels learn of peers goes before all that waits there: who comes,
/// goes and errs must be known when the next message is handled.
constexpr auto urgent = caf::message_priority::high;

/// How long who describes peers waits for a part of a connection.
constexpr caf::timespan survey_time = std::chrono::seconds{1};

/// How long what is queued for a peer may take to get there when we end its
/// connection for reasons of our own: the last words of a reactor that closes
/// its channel are among it.
constexpr duration farewell_time = std::chrono::seconds{5};

/// Reports that go out once everybody who was asked has answered.
struct survey {
  std::vector<peer_report> reports;
  caf::typed_response_promise<std::vector<peer_report>> to;
  size_t missing = 1; // That all were asked is one of them.

  void answered() {
    if (--missing == 0)
      to.deliver(std::move(reports));
  }
};

} // namespace

switchboard::switchboard(router_actor::pointer self,
                         const node_options& options, metrics counters,
                         router_children& children, event_log& lines,
                         event_publisher& events)
  : self_(self),
    children_(children),
    lines_(lines),
    events_(events),
    counters_(std::move(counters)),
    queueing_{.policy = options.queue_type},
    preferred_weight_(static_cast<uint32_t>(options.preferred_weight)),
    decoder_(
        children.adopt(spawn_decoder(self->system()), {.what = kind::decoder})),
    channels_({.size_max = options.stream.receive.connection_memory},
              counters_) {}

void switchboard::start(peer_manager_actor manager) {
  manager_ = std::move(manager);
  evict_next();
  probe_next();
}

// -- channels -----------------------------------------------------------------

caf::error switchboard::add_channel(const channel_descriptor& descriptor,
                                    const payload& type,
                                    const channel_actor& channel) {
  if (!type)
    return caf::make_error(errc::invalid_channel, display_name(descriptor));
  const auto now = self_->system().clock().now();
  auto known = table_.add_channel(descriptor, now);
  if (!known)
    return to_error(known.error());
  children_.adopt(channel, {.what = kind::channel, .channel = descriptor.id});
  channels_.add(descriptor.id, type, channel);
  introduce(*known);
  renew_next();
  return {};
}

void switchboard::remove_channel(channel_id id) {
  channels_.remove(id);
  const auto bereft = table_.remove_channel(id);
  // Receivers do not watch over channels, which mostly outlive them.
  for (const auto& [peer, parts] : peers_)
    self_->send(parts.receiver, caf::close_atom_v, id);
  for (const auto& which : bereft)
    evict({which, errc::channels_changed, farewell_time});
}

void switchboard::introduce(const std::vector<introduction>& all) {
  for (const auto& x : all)
    self_->send<urgent>(channels_.channel(x.channel), add_peer_atom_v, x.which,
                        x.reachable ? caf::actor_cast<caf::actor>(
                            peers_.at(x.which.peer).sender)
                                    : caf::actor{});
}

void switchboard::renew_next() {
  const auto now = self_->system().clock().now();
  if (auto which = table_.renew_next(now))
    evict({*which, errc::channels_changed, farewell_time});
  if (auto when = table_.next_wakeup())
    renewal_alarm_.set(self_, *when, [this] { renew_next(); });
}

// -- peers --------------------------------------------------------------------

void switchboard::connect(const join_attempt& who, const admission& verdict,
                          const connection_actor& connection,
                          window_scope windows, const node_info& info) {
  const connection_ref which{who.peer, verdict.generation};
  const auto weight = verdict.preferred ? preferred_weight_ : uint32_t{1};
  const auto links = table_.connect(which, who.channels, info.channels);
  const auto plan = channels_.plan(who.channels);
  const auto router = caf::actor_cast<caf::actor>(self_);
  auto sender = children_.adopt(spawn_peer_sender(self_->system(), connection,
                                                  router, plan, links.shared,
                                                  queueing_, counters_),
                                {.what = kind::carrier, .which = which});
  auto receiver = children_.adopt(
      spawn_peer_receiver(self_->system(), which, connection, windows, router,
                          decoder_, plan, weight, counters_),
      {.what = kind::carrier, .which = which});
  children_.promote(connection.address(),
                    {.what = kind::connection, .which = which});
  peers_.insert_or_assign(which.peer, line{which.generation, connection, sender,
                                           receiver, who.way()});
  count(who.way(), 1);
  // Whoever hears that the peer is up can send to it: its way is open first.
  introduce(links.introductions);
  // Nothing arrives before that, and what is sent waits: it is the sender that
  // starts the connection, ahead of the first message.
  self_->send(sender, start_atom_v, who.channels,
              caf::actor_cast<caf::actor>(receiver));
  renew_next();
  announce(who, which, info);
  measure_some();
}

/// Tells the peer manager how fast some peers answer, which matters when slots
/// are short: so each that comes has a few of the others asked, in turns.
void switchboard::measure_some() {
  // With fewer nobody makes way for anybody's network.
  constexpr size_t fewest = 8;
  constexpr int at_once = 4;
  if (peers_.size() < fewest)
    return;
  for (int i = 0; i < at_once; ++i) {
    auto next = peers_.upper_bound(last_measured_);
    if (next == peers_.end())
      next = peers_.begin();
    last_measured_ = next->first;
    const connection_ref which{next->first, next->second.generation};
    self_
        ->request(next->second.connection, survey_time, caf::get_atom_v,
                  report_atom_v)
        .then(
            [this, which](const peer_traffic& known) {
              if (known.rtt)
                caf::anon_send(manager_, report_atom_v, which,
                               caf::timespan{*known.rtt});
            },
            [](const caf::error&) {
              // It has ended, or has no time: then nobody knows.
            });
  }
}

void switchboard::announce(const join_attempt& who, const connection_ref& which,
                           const node_info& info) {
  lines_.info("peer_up", "peer={} direction={} remote={}", which.peer,
              to_string(who.way()), to_string(who.remote));
  self_
      ->request(manager_, caf::infinite, ready_atom_v, which,
                peer_info{who.remote, info.moniker, info.channels, info.version,
                          info.listen_addr})
      .then([] {},
            [this, which](const caf::error& reason) {
              // The peer manager has changed its mind meanwhile.
              if (table_.is_connected(which))
                self_->send_exit(peers_.at(which.peer).connection, reason);
            });
}

void switchboard::replace(const connection_ref& which) {
  disconnect(which, caf::make_error(errc::already_connected));
}

void switchboard::ended(const connection_ref& which, const caf::error& how) {
  const auto reason = why_ended(which, how);
  if (!disconnect(which, reason))
    return;
  lines_.info("peer_down", "peer={} code={} reason={}", which.peer,
              to_string(code_of(reason, errc::connection_closed)),
              log_text(text_of(reason)));
  counters_.disconnected(to_string(code_of(reason, errc::connection_closed)));
  // Anonymous: that the manager has forgotten it is no error.
  caf::anon_send(manager_, disconnected_atom_v, which, reason);
}

/// A connection that was told to end behind what is queued does not know why.
caf::error switchboard::why_ended(const connection_ref& which,
                                  const caf::error& reason) const {
  if (reason != errc::hung_up || !table_.is_connected(which))
    return reason;
  const auto leaving = peers_.at(which.peer).leaving;
  return leaving == errc::none ? reason : caf::make_error(leaving);
}

bool switchboard::disconnect(const connection_ref& which,
                             const caf::error& reason) {
  if (!table_.disconnect(which))
    return false;
  const auto parts = std::move(peers_.extract(which.peer).mapped());
  count(parts.way, -1);
  channels_.for_each([&](const channel_actor& channel) {
    self_->send<urgent>(channel, remove_peer_atom_v, which);
  });
  self_->send_exit(parts.connection, reason);
  self_->send_exit(parts.sender, reason);
  // Behind what the connection has handed over already.
  self_->send(parts.receiver, caf::close_atom_v);
  return true;
}

/// Tells how many peers there are, now that one has come or gone.
void switchboard::count(direction way, int change) {
  if (way == direction::inbound)
    inbound_ += static_cast<size_t>(change);
  counters_.peers(inbound_, peers_.size() - inbound_);
}

void switchboard::add_traffic(
    std::vector<peer_report> reports,
    caf::typed_response_promise<std::vector<peer_report>> to) const {
  auto all
      = std::make_shared<survey>(survey{std::move(reports), std::move(to)});
  auto ask = [this, &all](size_t i, const auto& part) {
    ++all->missing;
    self_->request(part, survey_time, caf::get_atom_v, report_atom_v)
        .then(
            [all, i](const peer_traffic& known) {
              all->reports[i].traffic.add(known);
              all->answered();
            },
            [all](const caf::error&) {
              // It has ended, or has no time: then nobody knows.
              all->answered();
            });
  };
  for (size_t i = 0; i < all->reports.size(); ++i)
    if (auto found = peers_.find(all->reports[i].peer); found != peers_.end()) {
      ask(i, found->second.connection);
      ask(i, found->second.sender);
    }
  all->answered();
}

// -- what the peer manager decides --------------------------------------------

void switchboard::evict_next() {
  self_->request(manager_, caf::infinite, evict_next_atom_v)
      .then(
          [this](const eviction& order) {
            evict(order);
            evict_next();
          },
          [](const caf::error&) {
            // The manager ended, which the router sees by itself.
          });
}

void switchboard::evict(const eviction& order) {
  // A late order does not hit a newer connection.
  if (!table_.is_connected(order.connection))
    return;
  counters_.evicted(to_string(order.reason));
  // The rest follows when it has ended.
  auto& parts = peers_.at(order.connection.peer);
  if (order.linger > duration::zero()) {
    parts.leaving = order.reason;
    self_->send(parts.sender, caf::close_atom_v, caf::timespan{order.linger});
  } else {
    self_->send_exit(parts.connection, caf::make_error(order.reason));
  }
}

void switchboard::probe_next() {
  self_->request(manager_, caf::infinite, probe_next_atom_v)
      .then(
          [this](const connection_ref& which) {
            probe(which);
            probe_next();
          },
          [](const caf::error&) {
            // The manager ended, which the router sees by itself.
          });
}

void switchboard::probe(const connection_ref& which) {
  if (!table_.is_connected(which))
    return;
  self_
      ->request(peers_.at(which.peer).connection, caf::infinite,
                caf::ping_atom_v)
      .then([this, which] { caf::anon_send(manager_, active_atom_v, which); },
            [](const caf::error&) {
              // It ended without one.
            });
}

// -- errors of peers ----------------------------------------------------------

void switchboard::errored(const connection_ref& which,
                          const peer_error& error) {
  const auto reason = caf::make_error(error.code, error.what);
  if (table_.condemn(which)) {
    self_->send(peers_.at(which.peer).receiver, errored_atom_v);
    discard(which);
    note(which, error);
    caf::anon_send(manager_, errored_atom_v, which, reason);
    return;
  }
  if (table_.is_connected(which) || !manager_)
    return;
  // The peer may have hung up before its error was found.
  self_->request(manager_, caf::infinite, errored_atom_v, which, reason)
      .then(
          [this, which, error] {
            discard(which);
            note(which, error);
          },
          [](const caf::error&) {
            // Another error counted, or it is not the peer's.
          });
}

/// Lets channels drop what waits of a connection, whether it is gone or not.
void switchboard::discard(const connection_ref& which) {
  channels_.for_each([&](const channel_actor& channel) {
    self_->send<urgent>(channel, errored_atom_v, which);
  });
}

void switchboard::note(const connection_ref& which, const peer_error& error) {
  lines_.warn("peer_error", "peer={} code={} what={}", which.peer,
              to_string(error.code), log_text(error.what));
  events_.publish({.what = node_event::kind::peer_error,
                   .peer = which.peer,
                   .code = error.code,
                   .reason = error.what});
}

void switchboard::skipped(const connection_ref& which, channel_id channel) {
  if (unknown_channels_.test(channel))
    return;
  unknown_channels_.set(channel);
  lines_.warn("unknown_channel",
              "peer={} channel={:#04x} what=\"its "
              "messages are dropped and counted; no more lines about this "
              "channel\"",
              which.peer, channel);
}

} // namespace troupe
