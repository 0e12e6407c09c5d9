// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "troupe/tests/harness/conformance/transport_conformance.hpp"
#include "troupe/tests/transport/simulated_kinds.hpp"
#include "troupe/tests/transport/transport_world.hpp"

namespace troupe::test {

// What every transport does, whatever it is made of, is checked by
// tests/harness/conformance for each of these and for the transports of the
// harness in virtual time. What is about TCP alone is in mconn_transport and
// mconn_hostile, what is about memory alone in memory_transport.

struct tcp_over_ipv4 {
  using config = world_config;

  transport_actor spawn(caf::actor_system& sys, int number) {
    return spawn_mconn_transport(sys, mconn_options_of(number));
  }

  endpoint where(const node_id&) const {
    return loopback4();
  }

  static bool speaks(const std::string& protocol) {
    return protocol == mconn_protocol || protocol == tcp_protocol;
  }
};

struct tcp_over_ipv6 : tcp_over_ipv4 {
  endpoint where(const node_id&) const {
    return loopback6();
  }
};

struct memory {
  using config = world_config;

  transport_actor spawn(caf::actor_system& sys, int number) {
    return spawn_memory_transport(sys, key_of(number).id(), network);
  }

  endpoint where(const node_id& id) const {
    return {.protocol = memory_protocol, .path = to_string(id)};
  }

  static bool speaks(const std::string& protocol) {
    return protocol == memory_protocol;
  }

  std::shared_ptr<memory_network> network = std::make_shared<memory_network>();
};

/// One of them, and where it runs.
template <class Kind>
struct subject_of : testing::transport_subject {
  caf::actor_system& system() override {
    return *owned;
  }

  transport_actor spawn(const node_key& key) override {
    auto number = 1;
    while (key_of(number).id() != key.id())
      ++number;
    return kind.spawn(*owned, number);
  }

  endpoint where(const node_id& id) const override {
    return kind.where(id);
  }

  bool speaks(std::string_view protocol) const override {
    return Kind::speaks(std::string{protocol});
  }

  typename Kind::config config;
  std::unique_ptr<caf::actor_system> owned = config.make_system();
  Kind kind;
};

/// Two nodes, of which the second listens.
template <class Kind>
struct two_nodes {
  two_nodes() {
    auto found = b.listen(kind.where(b.key.id()));
    REQUIRE(found);
    address = *found;
  }

  connection_pair connected() {
    return testing::conformance::connect(a, b, address);
  }

  connection_pair established(std::vector<channel_descriptor> channels
                              = test_channels()) {
    return testing::conformance::establish(a, b, address, std::move(channels));
  }

  typename Kind::config config;
  std::unique_ptr<caf::actor_system> owned = config.make_system();
  caf::actor_system& sys = *owned;
  Kind kind;
  node_end a{sys, 1, kind.spawn(sys, 1)};
  node_end b{sys, 2, kind.spawn(sys, 2)};
  endpoint address;
};

} // namespace troupe::test

/// What the template test cases run for.
#define TROUPE_TRANSPORT_KINDS \
  troupe::test::tcp_over_ipv4, troupe::test::tcp_over_ipv6, \
      troupe::test::memory, troupe::test::sim_streams, \
      troupe::test::sim_messages, troupe::test::sim_messages_by_id
