// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
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

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/tests/transport/connection_end.hpp"
#include "troupe/tests/transport/patient_actor.hpp"
#include "troupe/transport/memory/memory_transport_actor.hpp"
#include "troupe/transport/tcp/mconn_transport_broker.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe::test {

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
/// @param channels what is open at the end that dials.
inline connection_pair
establish(node_end& from, node_end& to, const endpoint& where,
          std::vector<channel_descriptor> channels = test_channels()) {
  auto result = connect(from, to, where);
  auto near = result.near->ask_handshake(from.info, to.key.id());
  auto far = result.far->ask_handshake(to.info);
  auto fail = [](const caf::error& e) { FAIL(to_string(e)); };
  near.receive([](const handshake_result&) {}, fail);
  far.receive([](const handshake_result&) {}, fail);
  CHECK_FALSE(result.near->start(std::move(channels)));
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
