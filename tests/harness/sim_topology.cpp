// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_topology.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <iterator>
#include <utility>

namespace troupe::testing {

using namespace std::chrono_literals;

namespace {

uint32_t number_of(sim_host host) {
  return static_cast<uint32_t>(host);
}

/// What a host's own network stack is like.
sim_link_options loopback() {
  return {.latency = sim_latency::fixed(20us), .cut_per_mille = 0};
}

} // namespace

// -- hosts --------------------------------------------------------------------

sim_host sim_topology::add(std::string name) {
  assert(!find(std::string_view{name}));
  assert(hosts_.size() < 0xffff'ff);
  auto host = static_cast<sim_host>(hosts_.size());
  names_.emplace(name, host);
  hosts_.push_back(std::move(name));
  return host;
}

std::optional<sim_host> sim_topology::find(std::string_view name) const {
  auto i = names_.find(name);
  if (i == names_.end())
    return std::nullopt;
  return i->second;
}

std::optional<sim_host> sim_topology::find(const ip_address& ip) const {
  uint32_t number = 0;
  for (auto x : ip.bytes().last(3))
    number = number << 8 | static_cast<uint32_t>(x);
  if (number == 0 || number > hosts_.size())
    return std::nullopt;
  const auto host = static_cast<sim_host>(number - 1);
  if (ip != ip_of(host) && ip != ip6_of(host))
    return std::nullopt;
  return host;
}

const std::string& sim_topology::name_of(sim_host host) const {
  return hosts_.at(number_of(host));
}

ip_address sim_topology::ip_of(sim_host host) const {
  assert(number_of(host) < hosts_.size());
  const auto number = number_of(host) + 1;
  return ip_address::v4(10, static_cast<uint8_t>(number >> 16),
                        static_cast<uint8_t>(number >> 8),
                        static_cast<uint8_t>(number));
}

ip_address sim_topology::ip6_of(sim_host host) const {
  assert(number_of(host) < hosts_.size());
  const auto number = number_of(host) + 1;
  std::array<std::byte, 16> octets{};
  octets[0] = std::byte{0xfd};
  for (unsigned i = 0; i < 3; ++i)
    octets[15 - i] = static_cast<std::byte>(number >> (8 * i));
  return ip_address::v6(octets);
}

sim_topology::host_set sim_topology::others(const host_set& hosts) const {
  host_set result;
  for (uint32_t i = 0; i < hosts_.size(); ++i)
    if (auto host = static_cast<sim_host>(i); !hosts.contains(host))
      result.insert(host);
  return result;
}

// -- links --------------------------------------------------------------------

void sim_topology::set_default(const sim_link_options& options) {
  default_ = options;
  for (auto& [between, link] : links_)
    if (between.first != between.second && !own_options_.contains(between))
      link.set_options(options);
}

void sim_topology::set_link(sim_host from, sim_host to,
                            const sim_link_options& options) {
  const auto between = way{from, to};
  own_options_.insert_or_assign(between, options);
  if (auto i = links_.find(between); i != links_.end())
    i->second.set_options(options);
}

sim_link_options sim_topology::options(sim_host from, sim_host to) const {
  if (auto i = own_options_.find({from, to}); i != own_options_.end())
    return i->second;
  return from == to ? loopback() : default_;
}

sim_link& sim_topology::link(sim_host from, sim_host to, time_point now) {
  const auto between = way{from, to};
  auto i = links_.find(between);
  if (i == links_.end()) {
    i = links_.emplace(between, sim_link{options(from, to)}).first;
    i->second.set_blocked(blocked(from, to), now);
  }
  return i->second;
}

// -- walls --------------------------------------------------------------------

sim_topology::wall_id sim_topology::block(host_set from, host_set to,
                                          time_point now) {
  auto id = static_cast<wall_id>(++next_wall_);
  walls_.emplace(id, wall{std::move(from), std::move(to)});
  update_links(now);
  return id;
}

std::set<sim_topology::way> sim_topology::unblock(wall_id wall,
                                                  time_point now) {
  walls_.erase(wall);
  return update_links(now);
}

std::set<sim_topology::way> sim_topology::unblock_all(time_point now) {
  walls_.clear();
  return update_links(now);
}

bool sim_topology::blocked(sim_host from, sim_host to) const {
  if (from == to)
    return false;
  return std::any_of(walls_.begin(), walls_.end(), [&](const auto& entry) {
    return entry.second.from.contains(from) && entry.second.to.contains(to);
  });
}

/// @returns the links that were blocked before.
std::set<sim_topology::way> sim_topology::update_links(time_point now) {
  std::set<way> result;
  for (auto& [between, link] : links_) {
    const auto value = blocked(between.first, between.second);
    if (link.blocked() && !value)
      result.insert(between);
    link.set_blocked(value, now);
  }
  return result;
}

} // namespace troupe::testing
