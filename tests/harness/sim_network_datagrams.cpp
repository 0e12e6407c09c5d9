// SPDX-License-Identifier: Apache-2.0
//
// What happens to datagrams:
//
//     send --> busy | too large | lost
//       |
//       +----> under way, perhaps twice, perhaps late --> lost at a wall
//                 |
//                 +--> arrived | refused, as nobody is there
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "troupe/tests/harness/fnv_hash.hpp"
#include "troupe/tests/harness/sim_network.hpp"

namespace troupe::testing {

namespace {

/// How long a system takes no datagrams, once it does not.
constexpr duration busy_min = std::chrono::microseconds{100};
constexpr duration busy_max = std::chrono::milliseconds{5};

} // namespace

sim_network::port* sim_network::find(sim_port id) {
  auto i = ports_.find(id);
  return i != ports_.end() ? &i->second : nullptr;
}

sim_network::port* sim_network::find_port(const sim_address& where) {
  auto i = ports_by_address_.find(where);
  return i != ports_by_address_.end() ? find(i->second) : nullptr;
}

// -- ports --------------------------------------------------------------------

result<sim_port> sim_network::open_port(sim_host host, uint16_t port,
                                        sim_port_owner* owner,
                                        const std::optional<ip_address>& ip) {
  const auto where = sim_address{ip.value_or(topology_.ip_of(host)),
                                 port != 0 ? port : free_port(host)};
  if (!is_up(host))
    return {errc::cannot_listen, "the host is switched off"};
  const auto id = static_cast<sim_port>(next_datagram_port_ + 1);
  if (!ports_by_address_.emplace(where, id).second)
    return {errc::cannot_listen, fmt::format("cannot listen at {}:{}: in use",
                                             to_string(where.ip), where.port)};
  ++next_datagram_port_;
  ports_.emplace(id, sim_network::port{host, where, std::nullopt, owner});
  return id;
}

sim_port sim_network::dial_port(sim_host host, const sim_address& to,
                                time_point now, sim_port_owner* owner) {
  const auto id = static_cast<sim_port>(++next_datagram_port_);
  if (!is_up(host))
    return id;
  const auto where = sim_address{to.ip.is_v4() ? topology_.ip_of(host)
                                               : topology_.ip6_of(host),
                                 free_port(host)};
  ports_by_address_.emplace(where, id);
  ports_.emplace(id, port{host, where, to, owner});
  note(now, sim_event::kind::dial_tried, host,
       topology_.find(to.ip).value_or(no_host), static_cast<uint64_t>(id), 1);
  return id;
}

void sim_network::close(sim_port port) {
  auto i = ports_.find(port);
  if (i == ports_.end())
    return;
  ports_by_address_.erase(i->second.address);
  ports_.erase(i);
}

std::optional<sim_address> sim_network::address_of(sim_port port) const {
  auto i = ports_.find(port);
  if (i == ports_.end())
    return std::nullopt;
  return i->second.address;
}

size_t sim_network::dialed_ports() const {
  return static_cast<size_t>(std::ranges::count_if(
      ports_, [](const auto& x) { return x.second.remote.has_value(); }));
}

/// Ports of one host for a remote on the other.
std::vector<sim_port> sim_network::dialed_between(sim_host a,
                                                  sim_host b) const {
  std::vector<sim_port> result;
  for (const auto& [id, what] : ports_) {
    if (!what.remote)
      continue;
    const auto other = topology_.find(what.remote->ip).value_or(no_host);
    if ((what.host == a && other == b) || (what.host == b && other == a))
      result.push_back(id);
  }
  return result;
}

/// Whether nothing gets through any more between two addresses.
bool sim_network::is_forgotten(const sim_address& from, const sim_address& to) {
  auto forgets = [this](const sim_address& a, const sim_address& b) {
    const auto* found = find_port(a);
    return found && found->forgotten && found->remote == b;
  };
  return forgets(from, to) || forgets(to, from);
}

// -- sending ------------------------------------------------------------------

bool sim_network::send(sim_port from, const sim_address& to, byte_view data,
                       time_point now) {
  auto* self = find(from);
  if (!self)
    return true;
  if (self->busy)
    return false;
  const auto target = topology_.find(to.ip);
  // Nobody has that address: packets to it go nowhere.
  if (!target)
    return true;
  const auto options = topology_.options(self->host, *target);
  if (random_.chance(options.busy_per_mille)) {
    self->busy = true;
    at(now + random_.between(busy_min, busy_max), [this, from](time_point) {
      if (auto* port = find(from)) {
        port->busy = false;
        port->owner->on_writable();
      }
    });
    return false;
  }
  const auto copies = random_.chance(options.double_per_mille) ? 2 : 1;
  for (auto i = 0; i < copies; ++i) {
    auto copy = bytes{data.begin(), data.end()};
    if (random_.chance(options.garble_per_mille))
      garble(copy);
    fly(from, to, std::move(copy), now);
  }
  return true;
}

/// Turns some bits over.
void sim_network::garble(bytes& data) {
  for (auto left = 1 + random_.below(3); left > 0 && !data.empty(); --left)
    data[random_.below(data.size())]
        ^= static_cast<std::byte>(1U << random_.below(8));
}

void sim_network::fly(sim_port id, const sim_address& to, bytes data,
                      time_point now) {
  const auto& self = *find(id);
  const auto target = *topology_.find(to.ip);
  const auto number = static_cast<uint64_t>(id);
  const auto when = is_forgotten(self.address, to)
                        ? std::nullopt
                        : topology_.link(self.host, target, now)
                              .send_datagram(data.size(), now, random_);
  if (!when) {
    note(now, sim_event::kind::datagram_lost, self.host, target, number,
         data.size(), fnv_hash{}.add(data).value());
    return;
  }
  at(*when, [this, id, from = self.address, source = self.host, to,
             data = std::move(data)](time_point time) mutable {
    arrive(id, from, source, to, std::move(data), time);
  });
}

/// A datagram has come to the host that it was sent to.
void sim_network::arrive(sim_port id, const sim_address& from, sim_host source,
                         const sim_address& to, bytes data, time_point now) {
  const auto target = *topology_.find(to.ip);
  const auto& link = topology_.link(source, target, now);
  if (const auto when = link.arrival(now); when > now) {
    at(when, [this, id, from, source, to,
              data = std::move(data)](time_point time) mutable {
      arrive(id, from, source, to, std::move(data), time);
    });
    return;
  }
  auto tell = [&](sim_event::kind what) {
    note(now, what, source, target, static_cast<uint64_t>(id), data.size(),
         fnv_hash{}.add(data).value());
  };
  if (link.blocked() || is_forgotten(from, to)
      || (!is_up(target) && !options_.refuse_when_down)) {
    tell(sim_event::kind::datagram_lost);
    return;
  }
  auto* found = find_port(to);
  if (!found) {
    refuse(id, target, source, now);
    return;
  }
  if (found->remote && found->remote != from) {
    tell(sim_event::kind::datagram_lost);
    return;
  }
  tell(sim_event::kind::datagram_arrived);
  found->owner->on_datagram(from, std::move(data));
}

/// Tells the sender of a datagram that nobody takes it.
void sim_network::refuse(sim_port id, sim_host from, sim_host to,
                         time_point now) {
  travel(
      from, to, now,
      [this, id, from, to](time_point time) {
        note(time, sim_event::kind::datagram_refused, from, to,
             static_cast<uint64_t>(id));
        if (auto* port = find(id); port && port->remote)
          port->owner->on_refused();
      },
      [](time_point) {});
}

} // namespace troupe::testing
