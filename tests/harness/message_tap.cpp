// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/message_tap.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "troupe/messages/type_ids.hpp"
#include "troupe/tests/harness/fnv_hash.hpp"
#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/mailbox_entry.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe::testing {

namespace {

connection_actor connection_of(const caf::mailbox_element& what) {
  return caf::actor_cast<connection_actor>(what.sender);
}

/// Sends in the name of somebody who may have ended meanwhile.
void deliver(const caf::strong_actor_ptr& to, const caf::actor_addr& from,
             const caf::message& content) {
  to->enqueue(make_entry(caf::actor_cast<caf::strong_actor_ptr>(from),
                         caf::make_message_id(), content),
              nullptr);
}

/// Departures that are kept of messages that look the same.
constexpr size_t departures_max = 1000;

uint64_t hash_of(byte_view body) {
  return fnv_hash{}.add(body).value();
}

std::string_view word_for(message_tap::action what) {
  switch (what) {
    case message_tap::action::drop:
      return "lost";
    case message_tap::action::delay:
      return "late";
    default:
      return "doubled";
  }
}

} // namespace

void message_tap::set(std::optional<fault_in_force> how) {
  fault_ = std::move(how);
  numbers_.clear();
}

std::optional<size_t> message_tap::remote_of(caf::actor_id connection) const {
  auto i = remotes_.find(connection);
  return i != remotes_.end() ? std::optional{i->second} : std::nullopt;
}

void message_tap::delivering(sim_party party, caf::local_actor& to,
                             caf::mailbox_element& what) {
  if (!what.sender || party == no_party)
    return;
  if (what.payload.match_elements<handshake_result>()) {
    const auto& remote = what.payload.get_as<handshake_result>(0).id;
    if (net_.knows(remote)) {
      const auto number = net_.number_of(remote);
      remotes_[what.sender->id()] = number;
      // What an older connection had not delivered does not arrive any more.
      departures_.erase(departures_.lower_bound({party, number, 0, 0}),
                        departures_.lower_bound({party, number + 1, 0, 0}));
    }
    return;
  }
  if ((record_ != nullptr || senders_.concerns(party))
      && what.payload.match_elements<send_atom, outbound_batch>())
    sending(party, to, what);
  if ((!fault_ && lanes_.empty() && record_ == nullptr)
      || !what.payload.match_elements<inbound_batch>())
    return;
  if (!is_new(to, what))
    return;
  if (auto from = remote_of(what.sender->id()))
    change(*from, party, to, what);
  seen_[to.id()] = what.payload;
}

/// Notes when a connection takes messages, and which, if its node is not
/// honest.
void message_tap::sending(size_t from, caf::local_actor& connection,
                          caf::mailbox_element& what) {
  const auto to = remote_of(connection.id());
  if (!to || !is_new(connection, what))
    return;
  auto is_it
      = [&what](const auto& x) { return x.cptr() == what.payload.cptr(); };
  if (std::erase_if(late_, is_it) == 0 && senders_.concerns(from))
    falsify(from, *to, connection, what);
  if (record_ == nullptr)
    return;
  for (const auto& message : what.payload.get_as<outbound_batch>(1)) {
    auto& times
        = departures_[{from, *to, message.channel, hash_of(message.body)}];
    // Of a flood that never arrives, only the latest.
    if (times.size() >= departures_max)
      times.pop_front();
    times.push_back(net_.now());
  }
}

void message_tap::falsify(size_t from, size_t to, caf::local_actor& connection,
                          caf::mailbox_element& what) {
  auto changed
      = senders_.apply(from, to, what.payload.get_as<outbound_batch>(1));
  if (changed.settled.empty())
    return;
  net_.system().trace().note(
      net_.now(), fmt::format("node-{}: {} messages to node-{} are not what "
                              "they were",
                              from, changed.settled.size(), to));
  // It must not wait for what never goes out, and counts nothing below 0.
  if (auto sender = caf::actor_cast<connection_writer>(what.sender))
    caf::anon_send(sender, sent_atom_v, std::move(changed.settled));
  for (auto& [wait, message] : changed.later)
    send_later(wait, std::move(message), connection, what);
  what.payload = caf::make_message(send_atom_v, std::move(changed.now));
  seen_[connection.id()] = what.payload;
}

/// Hands a message to a connection later, as if its node did.
void message_tap::send_later(duration wait, outbound_message message,
                             const caf::local_actor& connection,
                             const caf::mailbox_element& what) {
  outbound_batch alone;
  alone.push_back(std::move(message));
  net_.system().at(
      net_.now() + wait,
      [this, to = connection.address(),
       from = caf::actor_cast<caf::actor_addr>(what.sender),
       content = caf::make_message(send_atom_v, std::move(alone))] {
        auto who = caf::actor_cast<caf::strong_actor_ptr>(to);
        if (!who)
          return;
        late_.push_back(content);
        deliver(who, from, content);
      });
}

void message_tap::crossed(size_t from, size_t to,
                          const inbound_message& message, message_fate fate) {
  if (record_ == nullptr)
    return;
  const auto body = byte_view{message.body.data(), message.body.size()};
  auto sent = net_.now();
  if (auto i = departures_.find({from, to, message.channel, hash_of(body)});
      i != departures_.end()) {
    sent = i->second.front();
    i->second.pop_front();
    if (i->second.empty())
      departures_.erase(i);
  }
  record_->crossed({sent, net_.now(), from, to, message.channel, body, fate});
}

/// Whether an element is looked at for the first time.
bool message_tap::is_new(const caf::local_actor& to,
                         const caf::mailbox_element& what) {
  auto& last = seen_[to.id()];
  if (last.cptr() == what.payload.cptr())
    return false;
  last = what.payload;
  return true;
}

/// Makes a batch of those messages that come now.
void message_tap::change(size_t from, size_t to, caf::local_actor& receiver,
                         caf::mailbox_element& what) {
  if (auto i = std::find_if(
          released_.begin(), released_.end(),
          [&](const auto& x) { return x.first.cptr() == what.payload.cptr(); });
      i != released_.end()) {
    // It has waited long enough.
    const auto& message = what.payload.get_as<inbound_batch>(0).front();
    crossed(from, to, message, i->second);
    released_.erase(i);
    auto name = lane_name{receiver.id(), message.channel};
    if (--lanes_[name].held == 0)
      lanes_.erase(name);
    return;
  }
  const auto count = what.payload.get_as<inbound_batch>(0).size();
  inbound_batch rest;
  for (const auto& message : what.payload.get_as<inbound_batch>(0)) {
    auto chosen = false;
    if (fault_) {
      auto& number = numbers_[{from, to, message.channel}];
      chosen = fault_->which({from,
                              to,
                              message.channel,
                              {message.body.data(), message.body.size()},
                              number++});
    }
    if (chosen)
      net_.system().trace().note(
          net_.now(),
          fmt::format("node-{}: a message of node-{} on channel "
                      "{:#04x} is {}",
                      to, from, message.channel, word_for(fault_->what)));
    const auto cost = read_cost(message.body.size());
    const auto is_behind = lanes_.contains({receiver.id(), message.channel});
    if (chosen && fault_->what == action::drop) {
      crossed(from, to, message, message_fate::lost);
      caf::anon_send(connection_of(what), credit_atom_v,
                     std::vector<channel_credit>{{message.channel, cost}},
                     cost);
    } else if (is_behind || (chosen && fault_->what == action::delay)) {
      auto& way = lanes_[{receiver.id(), message.channel}];
      ++way.held;
      if (chosen && fault_->what == action::delay)
        way.until = std::max(way.until, net_.now() + fault_->wait);
      hold(message, receiver, what,
           chosen ? message_fate::late : message_fate::arrived);
    } else {
      crossed(from, to, message,
              chosen ? message_fate::doubled : message_fate::arrived);
      if (chosen) {
        caf::anon_send(connection_of(what), charge_atom_v,
                       std::vector<channel_credit>{{message.channel, cost}});
        rest.push_back(message);
      }
      rest.push_back(message);
    }
  }
  if (fault_ || rest.size() != count)
    what.payload = caf::make_message(std::move(rest));
}

/// Sends a message once more, later, from whom it came.
void message_tap::hold(inbound_message message, caf::local_actor& receiver,
                       const caf::mailbox_element& what, message_fate fate) {
  inbound_batch alone;
  const auto name = lane_name{receiver.id(), message.channel};
  const auto until = lanes_.at(name).until;
  alone.push_back(std::move(message));
  net_.system().at(until, [this, name, fate, to = receiver.address(),
                           from = caf::actor_cast<caf::actor_addr>(what.sender),
                           content = caf::make_message(std::move(alone))] {
    auto who = caf::actor_cast<caf::strong_actor_ptr>(to);
    if (!who) {
      lanes_.erase(name);
      return;
    }
    released_.emplace_back(content, fate);
    deliver(who, from, content);
  });
}

} // namespace troupe::testing
