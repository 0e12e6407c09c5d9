// SPDX-License-Identifier: Apache-2.0
//
// How connections come about, and what names mean:
//
//     dialer                      listener
//     knock    -- request -->     knocked       lost | refused | taken
//     connected  <-- answer --
//              -- open -->        opened        waits to be accepted
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "troupe/tests/harness/sim_network.hpp"

namespace troupe::testing {

using namespace std::chrono_literals;

namespace {

/// Ports that are given to those who do not ask for one.
constexpr uint16_t first_free_port = 49'152;

/// A dialer's kernel asks again after this time, and then after twice as long
/// each time.
constexpr duration first_retry = 1s;
constexpr size_t retries_doubled_max = 6;

std::string text_of(const sim_address& x) {
  return fmt::format("{}:{}", to_string(x.ip), x.port);
}

} // namespace

// -- listening ----------------------------------------------------------------

result<sim_listener> sim_network::listen(sim_host host, uint16_t port,
                                         std::function<void()> notify,
                                         const std::optional<ip_address>& ip) {
  const auto where = sim_address{ip.value_or(topology_.ip_of(host)),
                                 port != 0 ? port : free_port(host)};
  if (!is_up(host))
    return {errc::cannot_listen, "the host is switched off"};
  if (listeners_.contains(where))
    return {errc::cannot_listen,
            fmt::format("cannot listen at {}: in use", text_of(where))};
  const auto number = ++next_listener_;
  listeners_.emplace(where, listener{number, host, std::move(notify), {}});
  return sim_listener{where, number};
}

std::optional<sim_socket> sim_network::accept(const sim_listener& where) {
  auto i = listeners_.find(where.address);
  if (i == listeners_.end() || i->second.number != where.number
      || i->second.waiting.empty())
    return std::nullopt;
  auto result = i->second.waiting.front();
  i->second.waiting.pop_front();
  return result;
}

void sim_network::close_listener(const sim_listener& where, time_point now) {
  auto i = listeners_.find(where.address);
  if (i == listeners_.end() || i->second.number != where.number)
    return;
  auto waiting = std::move(i->second.waiting);
  listeners_.erase(i);
  for (const auto& socket : waiting)
    turn_away(socket.connection, now);
}

/// Nobody takes the connection at the listener's end.
void sim_network::turn_away(uint64_t id, time_point now) {
  const auto socket = sim_socket{id, false};
  abort(socket, now);
  close(socket, now);
}

uint16_t sim_network::free_port(sim_host host) {
  auto& next = next_port_.try_emplace(host, first_free_port).first->second;
  for (;;) {
    const auto port = next;
    next = port == UINT16_MAX ? first_free_port
                              : static_cast<uint16_t>(port + 1);
    const auto is_used = [&](const ip_address& ip) {
      return listeners_.contains({ip, port})
             || ports_by_address_.contains({ip, port});
    };
    if (!is_used(topology_.ip_of(host)) && !is_used(topology_.ip6_of(host)))
      return port;
  }
}

// -- dialing ------------------------------------------------------------------

sim_network::dial_id sim_network::dial(sim_host from, const sim_address& to,
                                       time_point now, dial_handler handler) {
  const auto id = static_cast<dial_id>(++next_dial_);
  if (!is_up(from))
    return id;
  dials_.emplace(id, attempt{from,
                             {to.ip.is_v4() ? topology_.ip_of(from)
                                            : topology_.ip6_of(from),
                              free_port(from)},
                             to,
                             std::move(handler),
                             now + options_.dial_give_up,
                             events_.end()});
  knock(id, now);
  return id;
}

void sim_network::cancel(dial_id dial) {
  auto node = dials_.extract(dial);
  if (!node.empty() && node.mapped().retry != events_.end())
    events_.erase(node.mapped().retry);
}

sim_network::attempt* sim_network::find(dial_id id) {
  auto i = dials_.find(id);
  return i != dials_.end() ? &i->second : nullptr;
}

void sim_network::knock(dial_id id, time_point now) {
  auto self = find(id);
  if (!self)
    return;
  self->retry = events_.end();
  const auto number = static_cast<uint64_t>(id);
  const auto target = topology_.find(self->to.ip);
  const auto to = target.value_or(no_host);
  if (now >= self->deadline) {
    note(now, sim_event::kind::dial_gave_up, self->from, to, number);
    fail_dial(id, "connection timed out");
    return;
  }
  note(now, sim_event::kind::dial_tried, self->from, to, number, ++self->tries);
  const auto wait
      = first_retry * (1U << std::min(self->tries - 1, retries_doubled_max));
  self->retry = at(std::min(now + wait, self->deadline),
                   [this, id](time_point time) { knock(id, time); });
  // Nobody has that address: packets to it go nowhere.
  if (!target)
    return;
  travel(
      self->from, to, now,
      [this, id, to](time_point time) { knocked(id, to, time); },
      [this, from = self->from, to, number](time_point time) {
        note(time, sim_event::kind::dial_lost, from, to, number);
      });
}

/// A connection request arrived at a host.
void sim_network::knocked(dial_id id, sim_host at, time_point now) {
  auto self = find(id);
  if (!self)
    return;
  const auto options = topology_.options(self->from, at);
  const auto number = static_cast<uint64_t>(id);
  auto i = listeners_.find(self->to);
  const auto listening = i != listeners_.end();
  const auto full
      = listening && i->second.waiting.size() >= options_.backlog_max;
  const auto ignored = (!is_up(at) && !options_.refuse_when_down) || full
                       || random_.chance(options.ignore_per_mille);
  if (ignored) {
    note(now, sim_event::kind::dial_lost, self->from, at, number);
    return;
  }
  answer(id, at, !listening || random_.chance(options.refuse_per_mille), now);
}

void sim_network::answer(dial_id id, sim_host from, bool refused,
                         time_point now) {
  auto self = find(id);
  const auto to = self->from;
  const auto number = static_cast<uint64_t>(id);
  travel(
      from, to, now,
      [this, id, from, to, refused, number](time_point time) {
        if (!find(id))
          return;
        if (!refused) {
          connected(id, from, time);
          return;
        }
        note(time, sim_event::kind::dial_refused, from, to, number);
        fail_dial(id, "connection refused");
      },
      [this, from, to, number](time_point time) {
        note(time, sim_event::kind::dial_lost, from, to, number);
      });
}

void sim_network::fail_dial(dial_id id, std::string why) {
  auto self = find(id);
  auto handler = std::move(self->handler);
  auto text = fmt::format("{}: {}", text_of(self->to), why);
  cancel(id);
  handler(failure{errc::connection_refused, std::move(text)});
}

void sim_network::connected(dial_id id, sim_host to, time_point now) {
  auto self = std::move(*find(id));
  cancel(id);
  const auto from = self.from;
  auto& there = topology_.link(from, to, now);
  auto& back = topology_.link(to, from, now);
  const auto number = ++next_connection_;
  auto& connection
      = connections_
            .emplace(number,
                     sim_connection{{from, self.source, sim_pipe{there, back}},
                                    {to, self.to, sim_pipe{back, there}}})
            .first->second;
  connection.at(true).out.open(now, random_);
  // It may have been switched off since it answered.
  if (!is_up(to))
    connection.crash(false);
  update(number);
  note(now, sim_event::kind::dial_connected, from, to, number);
  self.handler(sim_socket{number, true});
}

/// The dialer's first packet arrived.
void sim_network::opened(uint64_t id, time_point now) {
  auto connection = find(id);
  connection->opened();
  const auto& self = connection->at(false);
  auto i = listeners_.find(self.address);
  if (i == listeners_.end()
      || i->second.waiting.size() >= options_.backlog_max) {
    turn_away(id, now);
    return;
  }
  note(now, sim_event::kind::accepted, connection->at(true).host, self.host,
       id);
  i->second.waiting.push_back({id, false});
  // The callback may close the listener it belongs to.
  auto notify = i->second.notify;
  notify();
}

// -- names --------------------------------------------------------------------

sim_network::lookup_id sim_network::resolve(sim_host from,
                                            const std::string& name,
                                            time_point now,
                                            lookup_handler handler) {
  const auto id = static_cast<lookup_id>(++next_lookup_);
  if (!is_up(from))
    return id;
  auto found = dns_.look_up(name, random_);
  auto arrived = [this, id, from,
                  addresses = std::move(found.addresses)](time_point time) {
    auto node = lookups_.extract(id);
    note(time, sim_event::kind::resolved, from, no_host,
         static_cast<uint64_t>(id), addresses ? addresses->size() : 0);
    node.mapped().handler(addresses);
  };
  auto position = at(now + found.wait, std::move(arrived));
  lookups_.emplace(id, lookup{from, std::move(handler), position});
  return id;
}

void sim_network::cancel(lookup_id lookup) {
  auto node = lookups_.extract(lookup);
  if (!node.empty())
    events_.erase(node.mapped().answer);
}

void sim_network::set_node(sim_host host, std::string id) {
  hosts_of_nodes_.insert_or_assign(id, host);
  nodes_.insert_or_assign(host, std::move(id));
}

std::optional<sim_host> sim_network::host_of(const std::string& id) const {
  auto i = hosts_of_nodes_.find(id);
  if (i == hosts_of_nodes_.end())
    return std::nullopt;
  return i->second;
}

std::string sim_network::node_at(sim_host host) const {
  auto i = nodes_.find(host);
  return i != nodes_.end() ? i->second : std::string{};
}

} // namespace troupe::testing
