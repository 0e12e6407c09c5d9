// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_transport_state.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

namespace {

endpoint endpoint_at(const udp_place& place) {
  return {.protocol = std::string{quic_protocol},
          .ip = place.ip,
          .port = place.port};
}

} // namespace

caf::behavior
quic_transport_state::start(std::unique_ptr<datagram_network> network,
                            quic_shared shared,
                            quic_credentials_maker identify) {
  network_ = std::move(network);
  shared_ = std::move(shared);
  identify_ = std::move(identify);
  const auto& node = *shared_.node;
  door_.emplace(quic_door_options{.admission = {node.max_accepted, node.limits,
                                                node.lists}},
                *node.random, now());
  backlog_.emplace(node.limits);
  self_->set_down_handler([this](const caf::down_msg& msg) { down(msg); });
  self_->set_exit_handler([this](caf::exit_msg& msg) {
    send_the_last();
    self_->quit(std::move(msg.reason));
  });
  return {
      [this](listen_atom, const endpoint& where) { return listen(where); },
      [this](accept_atom) { return accept(); },
      [this](caf::connect_atom, const endpoint& where, caf::timespan limit) {
        return connect(where, limit);
      },
      [this](caf::get_atom) { return endpoints(); },
      [this](limits_atom, inbound_limits& limits) {
        backlog_->set_limits(limits);
        door_->set_limits(std::move(limits));
      },
      [this](caf::close_atom) { close(); },
      [this](send_atom, uint64_t number) { take(number); },
      [this](active_atom, uint64_t number) { dialed(number); },
  };
}

// -- sockets ------------------------------------------------------------------

datagram_socket::callback quic_transport_state::callback_of(uint64_t socket) {
  return [this, socket](readiness what) { ready(socket, what); };
}

void quic_transport_state::add_socket(uint64_t number,
                                      std::unique_ptr<datagram_socket> end,
                                      endpoint where, bool listens) {
  auto& made = sockets_[number];
  made.where = std::move(where);
  made.listens = listens;
  made.end = std::move(end);
  made.end->watch(readiness::read);
}

/// Lets a socket go, unless there are connections on it, or may be, or it has
/// last words of some to send.
void quic_transport_state::release(uint64_t socket) {
  auto i = sockets_.find(socket);
  if (i != sockets_.end() && i->second.users == 0 && i->second.waiting.empty()
      && (closed_ || !i->second.listens))
    sockets_.erase(i);
}

void quic_transport_state::ready(uint64_t socket, readiness what) {
  if (what == readiness::read)
    read(socket);
  else
    write_on(socket);
}

void quic_transport_state::read(uint64_t socket) {
  for (size_t i = 0; i < looks_a_turn; ++i) {
    auto where = sockets_.find(socket);
    if (where == sockets_.end())
      return;
    const auto found = where->second.end->receive();
    if (found.refused)
      refused(socket);
    else if (found.arrivals.empty())
      break;
    size_t since = 0;
    for (const auto& what : found.arrivals) {
      what.each([&](byte_view datagram) { arrived(socket, datagram, what); });
      since += what.data.size();
      if (since >= delivered_at_once) {
        wake_up();
        since = 0;
      }
    }
    wake_up();
  }
  set_alarm();
}

// -- accepting ----------------------------------------------------------------

/// Makes what we present, the first time: most nodes never need it.
failure quic_transport_state::present() {
  if (shared_.identity)
    return {};
  auto made = identify_(shared_.node->key, shared_.protocols->names(),
                        *shared_.node->random, shared_.clock->now());
  if (!made)
    return made.error();
  shared_.identity = std::move(*made);
  return {};
}

caf::result<endpoint> quic_transport_state::listen(const endpoint& where) {
  if (closed_)
    return caf::make_error(errc::invalid_state, "the transport is closed");
  if (auto bad = present(); bad.code != errc::none)
    return to_error(bad);
  const auto number = ++last_socket_;
  auto end = network_->listen(where, callback_of(number));
  if (!end)
    return to_error(end.error());
  auto found = endpoint_at((*end)->local());
  add_socket(number, std::move(*end), found, true);
  listened_ = true;
  return found;
}

caf::result<caf::actor> quic_transport_state::accept() {
  if (closed_)
    return caf::make_error(errc::shutting_down);
  if (!listened_)
    return caf::make_error(errc::invalid_state,
                           "the transport does not listen");
  auto promise = self_->make_response_promise<caf::actor>();
  waiting_.push_back(promise);
  serve();
  return promise;
}

void quic_transport_state::arrived(uint64_t socket, byte_view datagram,
                                   const udp_arrival& how) {
  auto& where = sockets_.at(socket);
  // Where we dial from, nobody is accepted.
  const auto closed = closed_ || !where.listens;
  door_->set_mode(closed             ? quic_door::mode::closed
                  : waiting_.empty() ? quic_door::mode::busy
                                     : quic_door::mode::open);
  const auto time = now();
  door_->set_crowded(backlog_->is_crowded(time));
  const auto found = door_->arrived(datagram, how.from, time);
  switch (found.what) {
    case quic_door::action::drop:
      if (found.refused != errc::none && shared_.node->on_refused)
        shared_.node->on_refused(found.refused);
      break;
    case quic_door::action::wait:
      // For whom there is no place, the network has lost it: he tries again.
      backlog_->add(
          {socket, how.from, how.to, {datagram.begin(), datagram.end()}}, time);
      break;
    case quic_door::action::deliver:
      deliver(found.connection, datagram);
      break;
    case quic_door::action::accept:
      open(socket, found, datagram, how);
      break;
    case quic_door::action::answer: {
      // What does not go at once is as good as lost.
      auto route = where.listens ? udp_route{how.from, how.to} : udp_route{};
      where.end->send(route, found.answer, found.answer.size());
      break;
    }
  }
}

/// Lets those in who have waited.
void quic_transport_state::serve() {
  while (!waiting_.empty() && door_->may_accept(now())) {
    const auto next = backlog_->take(now());
    if (!next)
      break;
    if (sockets_.contains(next->socket))
      arrived(next->socket, next->datagram,
              {next->datagram, next->datagram.size(), next->from, next->to});
  }
  wake_up();
  set_alarm();
}

void quic_transport_state::open(uint64_t socket, const quic_door::verdict& what,
                                byte_view datagram, const udp_arrival& how) {
  auto local = sockets_.at(socket).where;
  if (how.to)
    local.ip = how.to;
  auto line = std::make_shared<quic_line>();
  // It looks there first thing, in another thread.
  static_cast<void>(line->deliver(datagram));
  auto made = spawn(
      what.connection,
      {.socket = socket, .line = std::move(line), .route = {how.from, how.to}},
      {std::move(local), endpoint_at(how.from)},
      quic_arrival{*what.first, door_->resets()});
  auto promise = std::move(waiting_.front());
  waiting_.pop_front();
  promise.deliver(caf::actor_cast<caf::actor>(made));
}

connection_actor
quic_transport_state::spawn(uint64_t number, link made,
                            const connection_ends& ends,
                            std::optional<quic_arrival> arrival) {
  auto result = spawn_quic_connection(self_->system(), shared_,
                                      {caf::actor_cast<quic_port_actor>(self_),
                                       number, made.line, ends, home_of(ends)},
                                      std::move(arrival));
  self_->monitor(result);
  made.connection = result.address();
  numbers_.emplace(made.connection, number);
  ++sockets_.at(made.socket).users;
  links_.emplace(number, std::move(made));
  return result;
}

void quic_transport_state::deliver(uint64_t number, byte_view datagram) {
  if (auto i = links_.find(number);
      i != links_.end() && i->second.line->deliver(datagram))
    sleepers_.push_back(number);
}

/// Tells connections of what was delivered to them: of many datagrams at once,
/// as they take them, and acknowledge them, together then.
void quic_transport_state::wake_up() {
  for (auto number : sleepers_)
    if (auto i = links_.find(number); i != links_.end())
      if (auto to = caf::actor_cast<caf::actor>(i->second.connection))
        caf::anon_send(to, received_atom_v);
  sleepers_.clear();
}

/// Where a remote can dial us, as far as we know.
endpoint quic_transport_state::home_of(const connection_ends& ends) const {
  const auto listening = endpoints();
  auto result = listening.empty() ? ends.local : listening.front();
  if (result.ip && result.ip->is_unspecified())
    result.ip = ends.local.ip;
  return result;
}

std::vector<endpoint> quic_transport_state::endpoints() const {
  std::vector<endpoint> result;
  for (const auto& [number, what] : sockets_)
    if (what.listens && !closed_)
      result.push_back(what.where);
  return result;
}

/// Those who come now are turned away, as long as there are connections on
/// their socket.
void quic_transport_state::close() {
  closed_ = true;
  backlog_->clear();
  for (auto& promise : std::exchange(waiting_, {}))
    promise.deliver(caf::make_error(errc::shutting_down));
  std::erase_if(sockets_, [](const auto& x) {
    return x.second.listens && x.second.users == 0;
  });
}

// -- sending ------------------------------------------------------------------

/// Takes what a connection has on its line.
void quic_transport_state::take(uint64_t number) {
  auto i = links_.find(number);
  if (i == links_.end())
    return;
  auto& from = i->second;
  // Asked first: what is there then is all.
  const auto last = from.ended && from.line->finished();
  auto parcel = from.line->take();
  door_->learn(number, parcel.ids);
  if (parcel.validated)
    door_->validated(number);
  for (auto& batch : parcel.batches)
    write(number, from, std::move(batch));
  if (!last)
    return;
  door_->leave(number, std::move(parcel.farewell), now());
  left_.emplace_back(number, from.socket);
  links_.erase(i);
  expire();
}

void quic_transport_state::write(uint64_t number, const link& from,
                                 datagram_batch batch) {
  auto& where = sockets_.at(from.socket);
  where.waiting.push_back({number, from.route, std::move(batch)});
  if (where.waiting.size() == 1)
    write_on(from.socket);
}

void quic_transport_state::write_on(uint64_t socket) {
  auto i = sockets_.find(socket);
  if (i == sockets_.end())
    return;
  auto& where = i->second;
  while (!where.waiting.empty()) {
    auto& next = where.waiting.front();
    const auto rest = byte_view{next.batch.data}.subspan(next.offset);
    const auto done = where.end->send(next.route, rest, next.batch.segment);
    next.offset += done.done;
    if (done.refused)
      refused(socket);
    if (done.busy) {
      where.end->watch(readiness::write);
      return;
    }
    wrote(next.connection, next.batch.data.size());
    where.waiting.pop_front();
  }
  where.end->ignore(readiness::write);
  release(socket);
}

void quic_transport_state::wrote(uint64_t number, size_t size) {
  auto i = links_.find(number);
  if (i == links_.end() || !i->second.line->written(size))
    return;
  if (auto to = caf::actor_cast<caf::actor>(i->second.connection))
    caf::anon_send(to, written_atom_v);
}

// -- dialing ------------------------------------------------------------------

caf::result<caf::actor> quic_transport_state::connect(const endpoint& where,
                                                      caf::timespan limit) {
  if (auto bad = present(); bad.code != errc::none)
    return to_error(bad);
  const auto socket = ++last_socket_;
  auto end = network_->connect(where, callback_of(socket));
  if (!end)
    return to_error(end.error());
  const auto local = endpoint_at((*end)->local());
  const auto place = (*end)->remote();
  const auto number = door_->dialed(place);
  add_socket(socket, std::move(*end), local, false);
  sockets_.at(socket).dialed = number;
  auto promise = self_->make_response_promise<caf::actor>();
  auto made
      = spawn(number, {.socket = socket, .line = std::make_shared<quic_line>()},
              {local, endpoint_at(place)}, std::nullopt);
  links_.at(number).dial = dials_.add(
      {endpoint_at(place), promise, std::move(made)}, now() + limit);
  set_alarm();
  return promise;
}

/// A connection has heard of the remote.
void quic_transport_state::dialed(uint64_t number) {
  auto i = links_.find(number);
  if (i == links_.end())
    return;
  if (auto found = dials_.take(std::exchange(i->second.dial, 0)))
    found->promise.deliver(caf::actor_cast<caf::actor>(found->connection));
}

/// The remote's system says that nobody is there. Anybody can say that, so that
/// it means nothing for connections that are there.
void quic_transport_state::refused(uint64_t socket) {
  auto i = links_.find(sockets_.at(socket).dialed);
  if (i == links_.end())
    return;
  if (auto found = dials_.take(std::exchange(i->second.dial, 0)))
    found->promise.deliver(caf::make_error(
        errc::connection_refused,
        fmt::format("{}: nobody listens there", to_string(found->where))));
}

/// A connection has ended. What is on its line is still sent.
void quic_transport_state::down(const caf::down_msg& msg) {
  auto known = numbers_.extract(msg.source);
  if (known.empty())
    return;
  const auto number = known.mapped();
  auto& what = links_.at(number);
  what.ended = true;
  if (auto found = dials_.take(std::exchange(what.dial, 0)))
    found->promise.deliver(code_of(msg.reason, errc::none) != errc::none
                               ? msg.reason
                               : caf::make_error(errc::connection_refused));
  take(number);
}

/// The transport ends. A connection that has ended left its last word on its
/// line, and we may not have heard of its end yet.
void quic_transport_state::send_the_last() {
  for (auto& [number, what] : links_)
    for (auto& batch : what.line->take().batches)
      write(number, what, std::move(batch));
}

/// Forgets what tells nothing any more.
void quic_transport_state::expire() {
  const auto time = now();
  door_->expire(time);
  std::erase_if(left_, [this](const auto& x) {
    if (door_->place_of(x.first))
      return false;
    --sockets_.at(x.second).users;
    release(x.second);
    return true;
  });
  for (auto& found : dials_.take_expired(time))
    found.promise.deliver(caf::make_error(
        errc::timeout, fmt::format("{}: no answer to the connection request",
                                   to_string(found.where))));
  serve();
}

void quic_transport_state::set_alarm() {
  auto next = dials_.next_wakeup();
  if (auto when = door_->next_wakeup(now()))
    next = next ? std::min(*next, *when) : *when;
  if (next)
    wakeup_.set(self_, *next, [this] { expire(); });
}

time_point quic_transport_state::now() const {
  return self_->system().clock().now();
}

} // namespace troupe
