// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/remote/remote_node.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/messages/as_result.hpp"

namespace troupe {

namespace {

/// How long a node may take to say who it is.
constexpr auto introduction_max = std::chrono::seconds{10};

} // namespace

result<uint16_t> publish_node(caf::actor_system& sys, const node& home,
                              uint16_t port, const char* address) {
  if (!sys.has_middleman())
    return {errc::cannot_listen,
            "the actor system does not have CAF's I/O module"};
  auto made
      = sys.middleman().publish(spawn_node_gate(sys, home), port, address);
  if (!made)
    return {errc::cannot_listen,
            fmt::format("cannot publish a node on port {} of {}: {}", port,
                        address == nullptr ? "all addresses" : address,
                        to_string(made.error()))};
  return *made;
}

result<node> connect_node(caf::actor_system& sys, const std::string& host,
                          uint16_t port) {
  if (!sys.has_middleman())
    return {errc::connection_refused,
            "the actor system does not have CAF's I/O module"};
  auto gate = sys.middleman().remote_actor<node_gate_actor>(host, port);
  if (!gate)
    return {errc::connection_refused,
            fmt::format("no node at port {} of {}: {}", port, host,
                        to_string(gate.error()))};
  return enter_node(sys, *gate);
}

result<node> enter_node(caf::actor_system& sys, const node_gate_actor& gate) {
  std::optional<node> found;
  failure bad;
  caf::scoped_actor self{sys};
  self->request(gate, introduction_max, caf::get_atom_v)
      .receive(
          [&](const node_id& id, const caf::actor& router) {
            found.emplace(sys, id, caf::actor_cast<router_actor>(router), gate);
          },
          [&](const caf::error& reason) {
            bad = {reason == caf::sec::request_timeout
                       ? errc::timeout
                       : errc::connection_refused,
                   "the node does not introduce itself: " + to_string(reason)};
          });
  if (!found)
    return bad;
  return *std::move(found);
}

} // namespace troupe
