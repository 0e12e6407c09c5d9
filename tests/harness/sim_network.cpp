// SPDX-License-Identifier: Apache-2.0
//
// Time, hosts and faults. Dialing and sockets have files of their own.
#include "troupe/tests/harness/sim_network.hpp"

#include <cassert>
#include <utility>

namespace troupe::testing {

namespace {

constexpr const char* reset_by_network = "connection reset";

} // namespace

sim_network::sim_network(uint64_t seed, const sim_network_options& options)
  : sim_network(sim_random{seed}, options) {
  // nop
}

sim_network::sim_network(sim_random random, const sim_network_options& options)
  : options_(options),
    random_(std::move(random)) {
  topology_.set_default(options.link);
}

// -- time ---------------------------------------------------------------------

void sim_network::run(time_point now) {
  assert(!running_);
  running_ = true;
  for (;;) {
    const auto none = time_point::max();
    const auto event = events_.empty() ? none : events_.begin()->first;
    const auto connection = due_.empty() ? none : due_.begin()->first;
    if (std::min(event, connection) > now)
      break;
    if (event <= connection) {
      auto node = events_.extract(events_.begin());
      node.mapped()(event);
    } else {
      run_connection(due_.begin()->second, connection);
    }
  }
  running_ = false;
}

std::optional<time_point> sim_network::next_event() const {
  std::optional<time_point> result;
  if (!events_.empty())
    result = events_.begin()->first;
  if (!due_.empty() && (!result || due_.begin()->first < *result))
    result = due_.begin()->first;
  return result;
}

sim_network::event_queue::iterator sim_network::at(time_point when,
                                                   event what) {
  auto result = events_.emplace(when, std::move(what));
  wake();
  return result;
}

/// Sends a packet that is not part of a connection.
void sim_network::travel(sim_host from, sim_host to, time_point now,
                         event arrived, event lost) {
  const auto when = topology_.link(from, to, now).send(0, now, random_);
  at(when,
     [this, from, to, arrived = std::move(arrived), lost = std::move(lost)](
         time_point time) { land(from, to, time, arrived, lost); });
}

void sim_network::land(sim_host from, sim_host to, time_point now,
                       const event& arrived, const event& lost) {
  const auto& link = topology_.link(from, to, now);
  if (const auto when = link.arrival(now); when > now)
    at(when, [this, from, to, arrived, lost](time_point time) {
      land(from, to, time, arrived, lost);
    });
  else if (link.blocked())
    lost(now);
  else
    arrived(now);
}

void sim_network::wake() {
  if (!running_ && waker_)
    waker_();
}

void sim_network::note(time_point when, sim_event::kind what, sim_host from,
                       sim_host to, uint64_t subject, size_t size,
                       uint64_t hash) {
  if (observer_)
    observer_->note({when, what, from, to, subject, size, hash});
}

// -- hosts and links ----------------------------------------------------------

sim_host sim_network::add_host(std::string name) {
  auto host = topology_.add(name);
  dns_.set(std::move(name), {.addresses = {topology_.ip_of(host)}});
  return host;
}

void sim_network::set_default_link(const sim_link_options& options) {
  topology_.set_default(options);
  refresh();
}

void sim_network::set_link(sim_host from, sim_host to,
                           const sim_link_options& options) {
  topology_.set_link(from, to, options);
  refresh();
}

bool sim_network::is_up(sim_host host) const {
  return !down_.contains(host);
}

/// Something changed that connections do not see by themselves.
void sim_network::refresh() {
  for (auto i = connections_.begin(); i != connections_.end();)
    update((i++)->first);
}

// -- partitions ---------------------------------------------------------------

sim_network::wall_id sim_network::block(const host_set& from,
                                        const host_set& to, time_point now) {
  auto result = topology_.block(from, to, now);
  note(now, sim_event::kind::blocked, no_host, no_host,
       static_cast<uint64_t>(result), from.size() * to.size());
  refresh();
  return result;
}

std::pair<sim_network::wall_id, sim_network::wall_id>
sim_network::partition(const host_set& a, const host_set& b, time_point now) {
  auto there = block(a, b, now);
  return {there, block(b, a, now)};
}

std::pair<sim_network::wall_id, sim_network::wall_id>
sim_network::isolate(const host_set& hosts, time_point now) {
  return partition(hosts, topology_.others(hosts), now);
}

void sim_network::heal(wall_id wall, time_point now) {
  note(now, sim_event::kind::healed, no_host, no_host,
       static_cast<uint64_t>(wall));
  resume(topology_.unblock(wall, now), now);
}

void sim_network::heal(time_point now) {
  note(now, sim_event::kind::healed, no_host, no_host);
  resume(topology_.unblock_all(now), now);
}

/// Sends again what got lost on links that lose nothing any more.
void sim_network::resume(const std::set<sim_topology::way>& healed,
                         time_point now) {
  for (auto i = connections_.begin(); i != connections_.end();) {
    auto& [id, connection] = *i++;
    const auto a = connection.at(true).host;
    const auto b = connection.at(false).host;
    if (healed.contains({a, b}) || healed.contains({b, a})) {
      connection.retransmit(now, random_);
      update(id);
    }
  }
}

void sim_network::stall(sim_host from, sim_host to, duration span,
                        time_point now) {
  topology_.link(from, to, now).stall(now + span);
  note(now, sim_event::kind::stalled, from, to, 0,
       static_cast<size_t>(span.count()));
  refresh();
}

// -- resets -------------------------------------------------------------------

void sim_network::reset(uint64_t connection, time_point now) {
  for (auto dialer : {true, false}) {
    auto found = find(connection);
    if (!found || !found->at(dialer).open)
      continue;
    note(now, sim_event::kind::reset, found->at(!dialer).host,
         found->at(dialer).host, connection);
    fail(connection, dialer, {errc::connection_closed, reset_by_network});
  }
}

size_t sim_network::reset_all(sim_host a, sim_host b, time_point now) {
  auto all = connections(a, b);
  for (auto id : all)
    reset(id, now);
  const auto ports = dialed_between(a, b);
  for (auto id : ports)
    if (auto* found = find(id)) {
      note(now, sim_event::kind::datagram_refused, found->host == a ? b : a,
           found->host, static_cast<uint64_t>(id));
      found->owner->on_refused();
    }
  return all.size() + ports.size();
}

size_t sim_network::forget_all(sim_host a, sim_host b, time_point now) {
  auto all = connections(a, b);
  for (auto id : all) {
    note(now, sim_event::kind::forgotten, a, b, id);
    find(id)->forget();
    update(id);
  }
  const auto ports = dialed_between(a, b);
  for (auto id : ports) {
    note(now, sim_event::kind::forgotten, a, b, static_cast<uint64_t>(id));
    find(id)->forgotten = true;
  }
  return all.size() + ports.size();
}

std::vector<uint64_t> sim_network::connections(sim_host a, sim_host b) const {
  std::vector<uint64_t> result;
  for (const auto& [id, connection] : connections_)
    if (connection.between(a, b))
      result.push_back(id);
  return result;
}

// -- crashes ------------------------------------------------------------------

void sim_network::crash(sim_host host, time_point now) {
  if (!down_.insert(host).second)
    return;
  note(now, sim_event::kind::crashed, host, no_host);
  std::erase_if(listeners_, [host](const auto& entry) {
    return entry.second.host == host;
  });
  for (auto i = ports_.begin(); i != ports_.end();)
    if (auto next = i++; next->second.host == host)
      close(next->first);
  for (auto i = dials_.begin(); i != dials_.end();)
    if (auto next = i++; next->second.from == host)
      cancel(next->first);
  for (auto i = lookups_.begin(); i != lookups_.end();)
    if (auto next = i++; next->second.from == host)
      cancel(next->first);
  std::vector<std::pair<uint64_t, sim_socket_owner*>> affected;
  for (auto& [id, connection] : connections_)
    for (auto dialer : {true, false})
      if (auto& end = connection.at(dialer); end.host == host) {
        affected.emplace_back(id, end.owner);
        connection.crash(dialer);
      }
  for (auto& [id, owner] : affected)
    if (owner)
      owner->on_readable();
  for (auto& [id, owner] : affected)
    update(id);
}

void sim_network::restart(sim_host host, time_point now) {
  if (down_.erase(host) == 0)
    return;
  note(now, sim_event::kind::restarted, host, no_host);
  for (auto i = connections_.begin(); i != connections_.end();) {
    auto& [id, connection] = *i++;
    for (auto dialer : {true, false})
      if (connection.at(dialer).host == host)
        connection.restart(dialer, now, random_);
    update(id);
  }
}

} // namespace troupe::testing
