// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/actors/node.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/tests/transport/packets.hpp"
#include "troupe/tests/transport/patient_actor.hpp"
#include "troupe/transport/mconn_transport_broker.hpp"
#include "troupe/transport/memory_transport_actor.hpp"
#include "troupe/transport/tcp_socket.hpp"

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

/// Registers types and loads CAF's sockets.
struct world_config : caf::actor_system_config {
  world_config() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::io::middleman::init_global_meta_objects();
    caf::core::init_global_meta_objects();
    load<caf::io::middleman>();
  }

  std::unique_ptr<caf::actor_system> make_system() {
    return std::make_unique<caf::actor_system>(*this);
  }
};

/// Returns the code that `reason` stands for, `none` if it is not one of ours.
inline errc code_of(const caf::error& reason) {
  if (reason.category() != caf::type_id_v<errc>)
    return errc::none;
  return static_cast<errc>(reason.code());
}

inline node_key key_of(int number) {
  std::array<std::byte, 32> seed{};
  seed[0] = static_cast<std::byte>(number);
  seed[1] = static_cast<std::byte>(number >> 8);
  return node_key::from_seed(seed);
}

inline node_info info_of(const node_id& id, std::string moniker = "test") {
  return {.node_id = to_string(id),
          .listen_addr = "tcp://127.0.0.1:26656",
          .network = "testnet",
          .version = "1.2.3",
          .channels = {talk, bulk},
          .moniker = std::move(moniker),
          .tx_index = "on",
          .rpc_address = "tcp://127.0.0.1:26657"};
}

/// Descriptors that this process has open.
inline size_t open_descriptors() {
  namespace fs = std::filesystem;
  return static_cast<size_t>(
      std::distance(fs::directory_iterator{"/proc/self/fd"}, {}));
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

  void close() {
    self_->send(connection_, caf::close_atom_v);
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
    give_credit(message_cost(result.body.size()));
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
          [this](caf::down_msg& msg) { ended_ = msg.reason; },
          caf::after(limit) >> [&any] { any = false; });
    return any;
  }

  void take(inbound_batch batch) {
    for (auto& message : batch) {
      received_ += message_cost(message.body.size());
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

/// A transport of one node, with what a test asks of it.
struct node_end {
  node_end(caf::actor_system& system, int number, transport_actor handle)
    : sys(system),
      key(key_of(number)),
      info(info_of(key.id(), "node" + std::to_string(number))),
      transport(std::move(handle)),
      self(system) {}

  /// @returns the endpoint, or nothing if it failed with `error`.
  std::optional<endpoint> listen(const endpoint& where) {
    std::optional<endpoint> result;
    self->request(transport, patience, listen_atom_v, where)
        .receive([&](endpoint& x) { result = std::move(x); },
                 [&](const caf::error& e) { error = code_of(e); });
    return result;
  }

  std::vector<endpoint> endpoints() {
    std::vector<endpoint> result;
    self->request(transport, patience, caf::get_atom_v)
        .receive([&](std::vector<endpoint>& xs) { result = std::move(xs); },
                 [](const caf::error& e) { FAIL(to_string(e)); });
    return result;
  }

  void close() {
    self->request(transport, patience, caf::close_atom_v)
        .receive([] {}, [](const caf::error& e) { FAIL(to_string(e)); });
  }

  pending_connection accept() {
    return {sys, transport, accept_atom_v};
  }

  pending_connection dial(const endpoint& where,
                          caf::timespan limit = patience) {
    return {sys, transport, caf::connect_atom_v, where, limit};
  }

  caf::actor_system& sys;
  node_key key;
  node_info info;
  transport_actor transport;
  patient_actor self;
  errc error = errc::none;
};

/// Connects without a handshake.
inline connection_pair connect(node_end& from, node_end& to,
                               const endpoint& where) {
  auto accepted = to.accept();
  auto dialed = from.dial(where);
  connection_pair result;
  result.near = dialed.get();
  result.far = accepted.get();
  return result;
}

/// Connects, shakes hands and starts both ends.
inline connection_pair establish(node_end& from, node_end& to,
                                 const endpoint& where) {
  auto result = connect(from, to, where);
  auto near = result.near->ask_handshake(from.info, to.key.id());
  auto far = result.far->ask_handshake(to.info);
  auto fail = [](const caf::error& e) { FAIL(to_string(e)); };
  near.receive([](const handshake_result&) {}, fail);
  far.receive([](const handshake_result&) {}, fail);
  CHECK_FALSE(result.near->start());
  CHECK_FALSE(result.far->start());
  return result;
}

/// Waits for something that nobody reports, such as a closed descriptor.
template <class Predicate>
bool eventually(patient_actor& self, Predicate what) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!what()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    self->receive(caf::after(1ms) >> [] {});
  }
  return true;
}

inline std::shared_ptr<mconn_options> mconn_options_of(int number) {
  return std::make_shared<mconn_options>(
      mconn_options{.key = key_of(number),
                    .random = std::make_shared<system_entropy>(),
                    .stream = {.send_rate = {}, .recv_rate = {}},
                    // All of a test comes from one address, and at once.
                    .limits = {.max_per_ip = 1000,
                               .max_per_subnet = 1000,
                               .ip_rate = {},
                               .subnet_rate = {},
                               .total_rate = {}}});
}

inline endpoint loopback4(uint16_t port = 0) {
  return {
      .protocol = "mconn", .ip = ip_address::v4(127, 0, 0, 1), .port = port};
}

inline endpoint loopback6(uint16_t port = 0) {
  return {.protocol = "mconn", .ip = ip_address::parse("::1"), .port = port};
}

} // namespace troupe::test
