// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>

#include "troupe/messages/type_ids.hpp"
#include "troupe/tests/harness/conformance/claim.hpp"
#include "troupe/tests/harness/conformance/patient_actor.hpp"
#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe::testing::conformance {

/// How long an event that has to come may take. Generous: a test that fails
/// waits for it, one that passes does not.
inline constexpr auto patience = std::chrono::seconds{10};

/// The channels of a test: one for messages, one for what is larger.
inline constexpr channel_id talk = 0x70;
inline constexpr channel_id bulk = 0x71;

/// How those are open.
std::vector<channel_descriptor> test_channels();

/// Returns the code that `reason` stands for, `none` if it is not one of ours.
errc code_of(const caf::error& reason);

/// Our end of a connection: asks, writes and reads, in the test's thread.
class connection_end {
public:
  connection_end(caf::actor_system& sys, const caf::actor& handle);

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

  caf::error start(std::vector<channel_descriptor> channels = test_channels());

  caf::error send(channel_id channel, bytes body);

  /// Sends and does not wait for an answer.
  void post(channel_id channel, bytes body);

  /// We are done with messages of that cost.
  void give_credit(channel_id channel, size_t cost);

  /// We have room for messages of that cost, and keep those that we have.
  void give_window(channel_id channel, size_t cost);

  void charge(channel_id channel, size_t cost);

  void close();

  /// Ends the connection behind what is queued.
  void hang_up(caf::timespan limit = patience);

  connection_ends ends();

  /// What the connection says of its traffic.
  peer_traffic report();

  /// Waits until something arrives. @returns `false` once it ended.
  bool wait();

  /// Takes what has arrived without waiting.
  void poll();

  /// Waits for anything at all. @returns `false` if nothing came in time.
  bool arrives_within(caf::timespan limit);

  /// The next message; gives its credit back.
  inbound_message next();

  /// The same of one channel. What comes on others stays in the inbox.
  inbound_message next_of(channel_id channel);

  /// Waits for the end. @returns why.
  errc wait_for_end();

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
  void take(inbound_batch batch);

  patient_actor self_;
  connection_actor connection_;
  std::optional<caf::error> ended_;
  size_t sent_ = 0;
  size_t received_ = 0;
};

/// A question to a transport whose answer is a connection.
class pending_connection {
public:
  /// Asks for the next accepted connection.
  pending_connection(caf::actor_system& sys, const transport_actor& whom);

  /// Dials.
  pending_connection(caf::actor_system& sys, const transport_actor& whom,
                     const endpoint& where, caf::timespan limit);

  /// Waits for the connection.
  std::unique_ptr<connection_end> get();

  /// Waits for the answer, which has to be an error.
  errc error();

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
  void round_trip(size_t size = 1000);
};

} // namespace troupe::testing::conformance
