// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <caf/actor_system.hpp>

#include "troupe/messages/type_ids.hpp"
#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/transport/patient_actor.hpp"
#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe::test {

using namespace std::chrono_literals;

/// How long an event that has to come may take. Generous: a test that fails
/// waits for it, one that passes does not.
inline constexpr auto patience = 10s;

inline constexpr channel_id talk = 0x70;
inline constexpr channel_id bulk = 0x71;

inline std::vector<channel_descriptor> test_channels() {
  return {{.id = talk, .priority = 5},
          {.id = bulk, .priority = 1, .recv_message_capacity = 100'000}};
}

/// Returns the code that `reason` stands for, `none` if it is not one of ours.
inline errc code_of(const caf::error& reason) {
  if (reason.category() != caf::type_id_v<errc>)
    return errc::none;
  return static_cast<errc>(reason.code());
}

/// Our end of a connection: asks, writes and reads, in the test's thread.
class connection_end {
public:
  connection_end(caf::actor_system& sys, const caf::actor& handle)
    : self_(sys),
      connection_(caf::actor_cast<connection_actor>(handle)) {
    self_->monitor(connection_);
  }

  /// Asks a question whose answer `receive` or `outcome` awaits.
  template <class... Ts>
  auto ask(const Ts&... xs) {
    return self_->request(connection_, patience, xs...);
  }

  auto ask_handshake(const node_info& info, const node_id& expected = {},
                     caf::timespan limit = patience) {
    return ask(handshake_atom_v, info, expected, limit);
  }

  template <class... Ts>
  caf::error outcome_of(const Ts&... xs) {
    caf::error result;
    ask(xs...).receive([] {}, [&](caf::error& e) { result = std::move(e); });
    return result;
  }

  caf::error start(std::vector<channel_descriptor> channels = test_channels()) {
    auto me = self_.handle();
    return outcome_of(start_atom_v, std::move(channels), me, me);
  }

  caf::error send(channel_id channel, bytes body) {
    return outcome_of(send_atom_v, outbound_batch{{channel, share(body)}});
  }

  /// Sends and does not wait for an answer.
  void post(channel_id channel, bytes body) {
    self_->send(connection_, send_atom_v,
                outbound_batch{{channel, share(body)}});
  }

  void give_credit(size_t cost) {
    self_->send(connection_, credit_atom_v, cost);
  }

  void charge(size_t cost) {
    self_->send(connection_, charge_atom_v, cost);
  }

  void close() {
    self_->send(connection_, caf::close_atom_v);
  }

  /// Ends the connection behind what is queued.
  void hang_up(caf::timespan limit = patience) {
    self_->send(connection_, caf::close_atom_v, limit);
  }

  connection_ends ends() {
    connection_ends result;
    ask(caf::get_atom_v)
        .receive([&](connection_ends& x) { result = std::move(x); },
                 [](caf::error& e) { FAIL(to_string(e)); });
    return result;
  }

  /// Waits until something arrives. @returns `false` once it ended.
  bool wait() {
    if (ended_)
      return false;
    if (!receive_within(patience))
      FAIL("nothing happened in time");
    return true;
  }

  /// Takes what has arrived without waiting.
  void poll() {
    while (receive_within(0s))
      ;
  }

  /// Waits for anything at all. @returns `false` if nothing came in time.
  bool arrives_within(caf::timespan limit) {
    return receive_within(limit);
  }

  /// The next message; gives its credit back.
  inbound_message next() {
    while (inbox.empty())
      REQUIRE(wait());
    auto result = std::move(inbox.front());
    inbox.pop_front();
    give_credit(read_cost(result.body.size()));
    return result;
  }

  /// Waits for the end. @returns why.
  errc wait_for_end() {
    while (wait())
      ;
    INFO(to_string(*ended_));
    return code_of(*ended_);
  }

  [[nodiscard]] bool ended() const {
    return ended_.has_value();
  }

  /// Cost of what was reported as sent.
  [[nodiscard]] size_t sent() const {
    return sent_;
  }

  /// Cost of what has arrived.
  [[nodiscard]] size_t received() const {
    return received_;
  }

  const connection_actor& handle() const {
    return connection_;
  }

  std::deque<inbound_message> inbox;

  /// Messages on channels that are not open here.
  std::map<channel_id, uint32_t> skipped;

private:
  static shared_bytes share(bytes& body) {
    return std::make_shared<const bytes>(std::move(body));
  }

  bool receive_within(caf::timespan limit) {
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

  void take(inbound_batch batch) {
    for (auto& message : batch) {
      received_ += read_cost(message.body.size());
      inbox.push_back(std::move(message));
    }
  }

  patient_actor self_;
  connection_actor connection_;
  std::optional<caf::error> ended_;
  size_t sent_ = 0;
  size_t received_ = 0;
};

/// A question to a transport whose answer is a connection.
class pending_connection {
public:
  template <class... Ts>
  pending_connection(caf::actor_system& sys, const transport_actor& whom,
                     const Ts&... xs)
    : sys_(sys),
      self_(sys),
      answer_(self_->request(whom, patience, xs...)) {}

  /// Waits for the connection.
  std::unique_ptr<connection_end> get() {
    std::unique_ptr<connection_end> result;
    answer_.receive(
        [&](const caf::actor& x) {
          result = std::make_unique<connection_end>(sys_, x);
        },
        [](const caf::error& e) { FAIL(to_string(e)); });
    return result;
  }

  /// Waits for the answer, which has to be an error.
  errc error() {
    auto result = errc::none;
    answer_.receive([](const caf::actor&) { FAIL("this should have failed"); },
                    [&](const caf::error& e) { result = code_of(e); });
    return result;
  }

private:
  using answer = decltype(std::declval<patient_actor&>()->request(
      std::declval<const transport_actor&>(), patience, accept_atom_v));

  caf::actor_system& sys_;
  patient_actor self_;
  answer answer_;
};

/// Two ends of one connection.
struct connection_pair {
  std::unique_ptr<connection_end> near; // Dialed.
  std::unique_ptr<connection_end> far;  // Accepted.

  /// One message there and one back.
  void round_trip(size_t size = 1000) {
    const auto there = patterned(size, 1);
    const auto back = patterned(size, 2);
    near->post(talk, there);
    auto arrived = far->next();
    CHECK(arrived.channel == talk);
    CHECK(arrived.body == there);
    far->post(talk, back);
    CHECK(near->next().body == back);
  }
};

} // namespace troupe::test
