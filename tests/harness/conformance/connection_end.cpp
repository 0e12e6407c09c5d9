// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/conformance/connection_end.hpp"

#include <algorithm>

#include <caf/actor_cast.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/tests/harness/conformance/patterned.hpp"

namespace troupe::testing::conformance {

namespace {

shared_bytes share(bytes&& body) {
  return shared_bytes{body};
}

} // namespace

std::vector<channel_descriptor> test_channels() {
  return {{.id = talk, .priority = 5},
          {.id = bulk, .priority = 1, .recv_message_capacity = 100'000}};
}

errc code_of(const caf::error& reason) {
  return troupe::code_of(reason, errc::none);
}

// -- one end ------------------------------------------------------------------

connection_end::connection_end(caf::actor_system& sys, const caf::actor& handle)
  : self_(sys),
    connection_(caf::actor_cast<connection_actor>(handle)) {
  self_->monitor(connection_);
}

caf::error connection_end::start(std::vector<channel_descriptor> channels) {
  auto me = self_.handle();
  return outcome_of(start_atom_v, std::move(channels), me, me);
}

caf::error connection_end::send(channel_id channel, bytes body) {
  return outcome_of(send_atom_v,
                    outbound_batch{{channel, share(std::move(body))}});
}

void connection_end::post(channel_id channel, bytes body) {
  self_->send(connection_, send_atom_v,
              outbound_batch{{channel, share(std::move(body))}});
}

void connection_end::give_credit(channel_id channel, size_t cost) {
  self_->send(connection_, credit_atom_v,
              std::vector<channel_credit>{{channel, cost}}, cost);
}

void connection_end::give_window(channel_id channel, size_t cost) {
  self_->send(connection_, credit_atom_v,
              std::vector<channel_credit>{{channel, cost}}, size_t{0});
}

void connection_end::charge(channel_id channel, size_t cost) {
  self_->send(connection_, charge_atom_v,
              std::vector<channel_credit>{{channel, cost}});
}

void connection_end::close() {
  self_->send(connection_, caf::close_atom_v);
}

void connection_end::hang_up(caf::timespan limit) {
  self_->send(connection_, caf::close_atom_v, limit);
}

connection_ends connection_end::ends() {
  connection_ends result;
  ask(caf::get_atom_v)
      .receive([&](connection_ends& x) { result = std::move(x); },
               [](const caf::error& e) {
                 throw conformance_failure{"no ends of a connection: "
                                           + to_string(e)};
               });
  return result;
}

peer_traffic connection_end::report() {
  peer_traffic result;
  ask(caf::get_atom_v, report_atom_v)
      .receive([&](peer_traffic& x) { result = std::move(x); },
               [](const caf::error& e) {
                 throw conformance_failure{"no report of a connection: "
                                           + to_string(e)};
               });
  return result;
}

bool connection_end::wait() {
  if (ended_)
    return false;
  claim(arrives_within(patience), "that something happens in time");
  return true;
}

void connection_end::poll() {
  while (arrives_within(caf::timespan::zero()))
    ;
}

bool connection_end::arrives_within(caf::timespan limit) {
  auto any = !ended_;
  if (any)
    self_->receive(
        [this](inbound_batch& batch) { take(std::move(batch)); },
        [this](sent_atom, const std::vector<channel_credit>& done) {
          for (const auto& entry : done)
            sent_ += entry.cost;
        },
        [this](skipped_atom, const std::vector<channel_tally>& counts) {
          for (const auto& entry : counts)
            skipped[entry.channel] += entry.messages;
        },
        [this](caf::down_msg& msg) { ended_ = msg.reason; },
        caf::after(limit) >> [&any] { any = false; });
  return any;
}

void connection_end::take(inbound_batch batch) {
  for (auto& message : batch) {
    received_ += read_cost(message.body.size());
    inbox.push_back(std::move(message));
  }
}

inbound_message connection_end::next() {
  while (inbox.empty())
    if (!wait())
      throw conformance_failure{"the connection ended before a message: "
                                + to_string(*ended_)};
  auto result = std::move(inbox.front());
  inbox.pop_front();
  give_credit(result.channel, read_cost(result.body.size()));
  return result;
}

inbound_message connection_end::next_of(channel_id channel) {
  for (;;) {
    auto found = std::ranges::find(inbox, channel, &inbound_message::channel);
    if (found != inbox.end()) {
      auto result = std::move(*found);
      inbox.erase(found);
      give_credit(channel, read_cost(result.body.size()));
      return result;
    }
    if (!wait())
      throw conformance_failure{"the connection ended before a message: "
                                + to_string(*ended_)};
  }
}

errc connection_end::wait_for_end() {
  while (wait())
    ;
  return code_of(*ended_);
}

// -- a question ---------------------------------------------------------------

pending_connection::pending_connection(caf::actor_system& sys,
                                       const transport_actor& whom)
  : sys_(sys),
    self_(sys),
    answer_(self_->request(whom, patience, accept_atom_v)) {}

pending_connection::pending_connection(caf::actor_system& sys,
                                       const transport_actor& whom,
                                       const endpoint& where,
                                       caf::timespan limit)
  : sys_(sys),
    self_(sys),
    answer_(self_->request(whom, patience, caf::connect_atom_v, where, limit)) {
}

std::unique_ptr<connection_end> pending_connection::get() {
  std::unique_ptr<connection_end> result;
  answer_.receive(
      [&](const caf::actor& x) {
        result = std::make_unique<connection_end>(sys_, x);
      },
      [](const caf::error& e) {
        throw conformance_failure{"no connection: " + to_string(e)};
      });
  return result;
}

errc pending_connection::error() {
  auto result = errc::none;
  answer_.receive(
      [](const caf::actor&) {
        throw conformance_failure{"there is a connection, expected an error"};
      },
      [&](const caf::error& e) { result = code_of(e); });
  return result;
}

// -- two ends -----------------------------------------------------------------

void connection_pair::round_trip(size_t size) {
  const auto there = patterned(size, 1);
  const auto back = patterned(size, 2);
  near->post(talk, there);
  auto arrived = far->next();
  claim(arrived.channel == talk, "a message on the channel it was sent on");
  claim(arrived.body == there, "the message that was sent there");
  far->post(talk, back);
  claim(near->next().body == back, "the message that was sent back");
}

} // namespace troupe::testing::conformance
