// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/conformance/node_end.hpp"

#include <array>
#include <filesystem>
#include <iterator>
#include <utility>

#include "troupe/tests/harness/conformance/claim.hpp"

namespace troupe::testing::conformance {

node_key key_of(int number) {
  std::array<std::byte, 32> seed{};
  seed[0] = static_cast<std::byte>(number);
  seed[1] = static_cast<std::byte>(number >> 8);
  return node_key::from_seed(seed);
}

node_info info_of(const node_id& id, std::string moniker) {
  return {.node_id = to_string(id),
          .listen_addr = "tcp://127.0.0.1:26656",
          .network = "testnet",
          .version = "1.2.3",
          .channels = {talk, bulk},
          .moniker = std::move(moniker),
          .tx_index = "on",
          .rpc_address = "tcp://127.0.0.1:26657"};
}

size_t open_descriptors() {
  namespace fs = std::filesystem;
  return static_cast<size_t>(
      std::distance(fs::directory_iterator{"/proc/self/fd"}, {}));
}

node_end::node_end(caf::actor_system& system, int number,
                   transport_actor handle)
  : sys(system),
    key(key_of(number)),
    info(info_of(key.id(), "node" + std::to_string(number))),
    transport(std::move(handle)),
    self(system) {}

std::optional<endpoint> node_end::listen(const endpoint& where) {
  std::optional<endpoint> result;
  self->request(transport, patience, listen_atom_v, where)
      .receive([&](endpoint& x) { result = std::move(x); },
               [&](const caf::error& e) { error = code_of(e); });
  return result;
}

std::vector<endpoint> node_end::endpoints() {
  std::vector<endpoint> result;
  self->request(transport, patience, caf::get_atom_v)
      .receive([&](std::vector<endpoint>& xs) { result = std::move(xs); },
               [](const caf::error& e) {
                 throw conformance_failure{"no endpoints: " + to_string(e)};
               });
  return result;
}

void node_end::close() {
  self->request(transport, patience, caf::close_atom_v)
      .receive([] {},
               [](const caf::error& e) {
                 throw conformance_failure{"not closed: " + to_string(e)};
               });
}

pending_connection node_end::accept() {
  return {sys, transport};
}

pending_connection node_end::dial(const endpoint& where, caf::timespan limit) {
  return {sys, transport, where, limit};
}

connection_pair connect(node_end& from, node_end& to, const endpoint& where) {
  auto accepted = to.accept();
  auto dialed = from.dial(where);
  connection_pair result;
  result.near = dialed.get();
  result.far = accepted.get();
  return result;
}

connection_pair establish(node_end& from, node_end& to, const endpoint& where,
                          std::vector<channel_descriptor> channels) {
  auto result = connect(from, to, where);
  auto near = result.near->ask_handshake(from.info, to.key.id());
  auto far = result.far->ask_handshake(to.info);
  auto fail = [](const caf::error& e) {
    throw conformance_failure{"a handshake failed: " + to_string(e)};
  };
  near.receive([](const handshake_result&) {}, fail);
  far.receive([](const handshake_result&) {}, fail);
  claim(!result.near->start(std::move(channels)),
        "that the end that dialed starts");
  claim(!result.far->start(), "that the end that accepted starts");
  return result;
}

} // namespace troupe::testing::conformance
