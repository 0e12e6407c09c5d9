// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/switchboard.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe {

switchboard::switchboard(router_actor::pointer self,
                         children<router_actor::pointer>& children,
                         std::string queue_type, size_t message_memory)
  : self_(self),
    children_(children),
    limits_{.size_max = message_memory},
    counters_(self->system()),
    queueing_{.policy = std::move(queue_type)},
    decoder_(children.adopt(spawn_decoder(self->system()))) {}

// -- channels -----------------------------------------------------------------

caf::error switchboard::add_channel(const channel_descriptor& descriptor,
                                    const payload& type,
                                    const channel_actor& channel) {
  if (auto bad = validate(descriptor); bad.code != errc::none)
    return to_error(bad);
  if (channels_.size() >= max_node_info_channels)
    return caf::make_error(
        errc::invalid_channel,
        fmt::format("channel {}: a node has at most {} channels",
                    display_name(descriptor), max_node_info_channels));
  if (!type)
    return caf::make_error(errc::invalid_channel, display_name(descriptor));
  if (channels_.count(descriptor.id) > 0)
    return caf::make_error(errc::duplicate_channel, display_name(descriptor));
  children_.adopt(channel);
  channels_.emplace(
      descriptor.id,
      channel_entry{descriptor, channel,
                    std::make_shared<const wrapper>(*type, limits_)});
  renewals_.changed(now());
  for (const auto& [peer, entry] : peers_) {
    auto which = connection_ref{peer, entry.generation};
    self_->send(channel, add_peer_atom_v, which, caf::actor{});
    if (is_outdated(entry))
      renewals_.add(which);
  }
  renew_next();
  return {};
}

std::optional<channel_id>
switchboard::remove_channel(const caf::actor_addr& who) {
  auto i = find_channel(who);
  if (i == channels_.end())
    return std::nullopt;
  const auto id = i->first;
  channels_.erase(i);
  for (const auto& [peer, entry] : peers_) {
    // Receivers do not watch over channels, which mostly outlive them.
    self_->send(entry.receiver, caf::close_atom_v, id);
    if (entry.ours.count(id) > 0 && entry.theirs.count(id) > 0)
      evict({{peer, entry.generation}, errc::channels_changed});
  }
  return id;
}

switchboard::channel_list switchboard::open_channels() const {
  channel_list result;
  for (const auto& [id, entry] : channels_)
    result.push_back(entry.descriptor);
  return result;
}

switchboard::channel_map::const_iterator
switchboard::find_channel(const caf::actor_addr& who) const {
  return std::find_if(channels_.begin(), channels_.end(),
                      [&who](const auto& entry) {
                        return entry.second.channel.address() == who;
                      });
}

bool switchboard::is_channel(const caf::actor_addr& who) const {
  return find_channel(who) != channels_.end();
}

std::map<channel_id, inbound_route>
switchboard::routes_for(const channel_list& channels) const {
  std::map<channel_id, inbound_route> result;
  for (const auto& channel : channels)
    if (auto i = channels_.find(channel.id); i != channels_.end())
      result.emplace(channel.id,
                     inbound_route{i->second.channel.address(), i->second.codec,
                                   channel.hold_max});
  return result;
}

// -- peers --------------------------------------------------------------------

void switchboard::connect(const candidate& who, const connection_ref& which) {
  const auto& info = who.remote.info;
  channel_list shared;
  std::set<channel_id> reachable;
  std::set<channel_id> ours;
  for (const auto& channel : who.channels) {
    ours.insert(channel.id);
    if (info.has_channel(channel.id)) {
      shared.push_back(channel);
      reachable.insert(channel.id);
    }
  }
  auto sender = children_.adopt(spawn_peer_sender(
      self_->system(), who.connection, caf::actor_cast<caf::actor>(self_),
      shared, queueing_, counters_));
  auto receiver = children_.adopt(
      spawn_peer_receiver(self_->system(), which, who.connection,
                          caf::actor_cast<caf::actor>(self_), decoder_,
                          routes_for(who.channels), counters_));
  auto entry = peer_entry{
      which.generation, who.connection,
      sender,           receiver,
      std::move(ours),  {info.channels.begin(), info.channels.end()}};
  for (const auto& part : entry.parts())
    owners_[part] = which;
  renewals_.connected(which.peer);
  // A channel came or went during the handshake.
  if (is_outdated(entry))
    renewals_.add(which);
  peers_.insert_or_assign(which.peer, std::move(entry));
  counters_.peers(peers_.size());
  // Whoever hears that the peer is up can send to it: its way is open first.
  for (const auto& [id, channel] : channels_) {
    auto way = reachable.count(id) > 0 ? caf::actor_cast<caf::actor>(sender)
                                       : caf::actor{};
    self_->send(channel.channel, add_peer_atom_v, which, std::move(way));
  }
  // Nothing arrives before that, and what is sent waits: it is the sender that
  // starts the connection, ahead of the first message.
  self_->send(sender, start_atom_v, who.channels,
              caf::actor_cast<caf::actor>(receiver));
  renew_next();
}

void switchboard::disconnect(const connection_ref& which,
                             const caf::error& reason) {
  if (!is_connected(which))
    return;
  auto entry = std::move(peers_.extract(which.peer).mapped());
  renewals_.ended(which);
  counters_.peers(peers_.size());
  for (const auto& part : entry.parts())
    owners_.erase(part);
  for (const auto& [id, channel] : channels_)
    self_->send(channel.channel, remove_peer_atom_v, which);
  self_->send_exit(entry.connection, reason);
  self_->send_exit(entry.sender, reason);
  // Behind what the connection has handed over already.
  self_->send(entry.receiver, caf::close_atom_v);
}

bool switchboard::condemn(const connection_ref& which) {
  auto i = peers_.find(which.peer);
  if (i == peers_.end() || i->second.generation != which.generation
      || i->second.condemned)
    return false;
  i->second.condemned = true;
  self_->send(i->second.receiver, errored_atom_v);
  discard(which);
  return true;
}

void switchboard::discard(const connection_ref& which) {
  for (const auto& [id, channel] : channels_)
    self_->send(channel.channel, errored_atom_v, which);
}

bool switchboard::is_outdated(const peer_entry& entry) const {
  return std::ranges::any_of(entry.theirs, [&](channel_id id) {
    return channels_.count(id) != entry.ours.count(id);
  });
}

void switchboard::renew_next() {
  if (auto which = renewals_.next(now()))
    evict({*which, errc::channels_changed});
  if (auto when = renewals_.next_wakeup())
    renewal_alarm_.set(self_, *when, [this] { renew_next(); });
}

time_point switchboard::now() const {
  return self_->system().clock().now();
}

void switchboard::evict(const eviction& order) {
  // A late order does not hit a newer connection.
  auto entry = find(order.connection);
  if (entry == nullptr)
    return;
  if (order.linger > duration::zero())
    self_->send(entry->sender, caf::close_atom_v, caf::timespan{order.linger});
  else
    self_->send_exit(entry->connection, caf::make_error(order.reason));
}

void switchboard::probe(const connection_ref& which,
                        const peer_manager_actor& judge) {
  auto entry = find(which);
  if (entry == nullptr)
    return;
  self_->request(entry->connection, caf::infinite, caf::ping_atom_v)
      .then([judge, which] { caf::anon_send(judge, active_atom_v, which); },
            [](const caf::error&) {
              // It ended without one.
            });
}

const switchboard::peer_entry*
switchboard::find(const connection_ref& which) const {
  auto i = peers_.find(which.peer);
  return i != peers_.end() && i->second.generation == which.generation
             ? &i->second
             : nullptr;
}

std::optional<connection_ref>
switchboard::connection_of(const caf::actor_addr& part) const {
  auto i = owners_.find(part);
  return i != owners_.end() ? std::optional{i->second} : std::nullopt;
}

bool switchboard::is_carrier(const caf::actor_addr& who) const {
  auto which = connection_of(who);
  return which && find(*which)->connection.address() != who;
}

} // namespace troupe
