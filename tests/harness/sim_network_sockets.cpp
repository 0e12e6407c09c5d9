// SPDX-License-Identifier: Apache-2.0
//
// What happens on connections.
#include <utility>

#include "troupe/tests/harness/sim_network.hpp"

namespace troupe::testing {

namespace {

failure gone() {
  return {errc::connection_closed, {}};
}

} // namespace

sim_connection* sim_network::find(uint64_t id) {
  auto i = connections_.find(id);
  return i != connections_.end() ? &i->second : nullptr;
}

const sim_connection* sim_network::find(uint64_t id) const {
  auto i = connections_.find(id);
  return i != connections_.end() ? &i->second : nullptr;
}

// -- steps --------------------------------------------------------------------

void sim_network::run_connection(uint64_t id, time_point now) {
  // Whatever it leads to, the connection may be gone after each step.
  while (auto connection = find(id)) {
    auto progress = connection->advance(now, random_);
    if (!progress)
      break;
    handle(id, std::move(*progress), now);
  }
  update(id);
}

void sim_network::handle(uint64_t id, sim_connection::progress what,
                         time_point now) {
  using step = sim_pipe::step::kind;
  using kind = sim_event::kind;
  auto& connection = *find(id);
  auto& from = connection.at(what.from_dialer);
  auto& to = connection.at(!what.from_dialer);
  auto& it = what.step;
  auto tell = [&](kind name) {
    note(now, name, from.host, to.host, id, it.size, it.hash);
  };
  switch (it.what) {
    case step::opened:
      opened(id, now);
      break;
    case step::bytes:
      tell(kind::bytes_arrived);
      if (to.owner)
        to.owner->on_readable();
      break;
    case step::cargo:
      tell(kind::cargo_arrived);
      if (to.owner)
        to.owner->on_cargo(std::move(it.cargo));
      else
        to.parked.push_back(std::move(it.cargo));
      break;
    case step::finished:
      tell(kind::finished);
      if (to.owner)
        to.owner->on_readable();
      break;
    case step::reset:
      tell(kind::reset);
      fail(id, !what.from_dialer,
           {errc::connection_closed, "connection reset by the remote"});
      break;
    case step::rejected:
      to.out.reset(now, random_);
      break;
    case step::space:
      if (from.owner)
        from.owner->on_writable();
      break;
    case step::gave_up:
      note(now, kind::gave_up, to.host, from.host, id);
      fail(id, what.from_dialer,
           {errc::connection_closed, "connection timed out"});
      break;
  }
}

void sim_network::fail(uint64_t id, bool dialer, failure why) {
  auto connection = find(id);
  auto& self = connection->at(dialer);
  if (!self.open) {
    // Nobody is there any more who could mind.
    self.out.cut();
    update(id);
    return;
  }
  connection->fail(dialer, std::move(why));
  auto owner = self.owner;
  update(id);
  if (owner)
    owner->on_readable();
}

/// Forgets the connection if nobody holds an end of it; otherwise looks when
/// it is due.
void sim_network::update(uint64_t id) {
  auto connection = find(id);
  if (!connection)
    return;
  auto next = connection->next_event();
  if (connection->abandoned())
    next.reset();
  if (connection->due != next) {
    if (connection->due)
      due_.erase({*connection->due, id});
    if (next)
      due_.emplace(*next, id);
    connection->due = next;
    wake();
  }
  if (connection->abandoned())
    connections_.erase(id);
}

// -- sockets ------------------------------------------------------------------

void sim_network::set_owner(sim_socket socket, sim_socket_owner* owner) {
  auto connection = find(socket.connection);
  if (!connection || !connection->at(socket.dialer).open)
    return;
  auto& self = connection->at(socket.dialer);
  self.owner = owner;
  if (!owner)
    return;
  for (auto& cargo : std::exchange(self.parked, {}))
    owner->on_cargo(std::move(cargo));
}

sim_address sim_network::local_address(sim_socket socket) const {
  auto connection = find(socket.connection);
  return connection ? connection->at(socket.dialer).address : sim_address{};
}

sim_address sim_network::remote_address(sim_socket socket) const {
  return local_address({socket.connection, !socket.dialer});
}

failure sim_network::failed(sim_socket socket) const {
  auto connection = find(socket.connection);
  return connection ? connection->at(socket.dialer).ended : gone();
}

size_t sim_network::readable(sim_socket socket) const {
  auto connection = find(socket.connection);
  return connection ? connection->at(!socket.dialer).out.readable() : 0;
}

hangup sim_network::hung_up(sim_socket socket) const {
  auto connection = find(socket.connection);
  if (!connection || connection->at(socket.dialer).ended.code != errc::none)
    return hangup::full;
  return connection->at(!socket.dialer).out.finished() ? hangup::half
                                                       : hangup::none;
}

size_t sim_network::write(sim_socket socket, byte_view data, time_point now) {
  auto connection = find(socket.connection);
  if (!connection)
    return 0;
  auto result = connection->at(socket.dialer).out.write(data, now, random_);
  update(socket.connection);
  return result;
}

void sim_network::post(sim_socket socket, sim_cargo cargo, time_point now) {
  auto connection = find(socket.connection);
  if (!connection)
    return;
  connection->at(socket.dialer).out.post(std::move(cargo), now, random_);
  update(socket.connection);
}

sim_read_result sim_network::read(sim_socket socket, size_t count,
                                  time_point now) {
  auto connection = find(socket.connection);
  if (!connection)
    return {{}, gone()};
  auto result = connection->read(socket.dialer, count, now, random_);
  update(socket.connection);
  return result;
}

void sim_network::finish(sim_socket socket, time_point now) {
  auto connection = find(socket.connection);
  if (!connection)
    return;
  connection->at(socket.dialer).out.finish(now, random_);
  update(socket.connection);
}

void sim_network::abort(sim_socket socket, time_point now) {
  auto connection = find(socket.connection);
  if (!connection)
    return;
  connection->at(socket.dialer).out.reset(now, random_);
  update(socket.connection);
}

void sim_network::close(sim_socket socket, time_point now) {
  auto connection = find(socket.connection);
  if (!connection)
    return;
  connection->close(socket.dialer, now, random_);
  update(socket.connection);
}

} // namespace troupe::testing
