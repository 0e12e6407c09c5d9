// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/network.hpp"
#include "troupe/tests/harness/topology.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

/// The time that everything takes here, so that what is said and who connects
/// often fall on one instant.
constexpr auto beat = 10ms;

constexpr channel_id channels = 4;

/// Says something to everybody all the time, whoever that is.
struct crier {
  static inline const char* name = "troupe.test.crier";

  crier(caf::event_based_actor* ptr, const node& home, channel_id id)
    : self(ptr),
      wire(home.open_channel<echo::EchoMessage>(self, {.id = id})) {}

  caf::behavior make_behavior() {
    self->delayed_send(self, beat, caf::tick_atom_v);
    return {
        [this](caf::tick_atom) {
          cry(10);
          self->delayed_send(self, beat, caf::tick_atom_v);
        },
        [this](caf::tick_atom, int left) { cry(left); },
        [](const inbound_envelope&) {},
    };
  }

  /// So many times at one instant, while others do what they have to do.
  void cry(int left) {
    wire.broadcast(echo::PingMessage{});
    if (left > 1)
      self->send(self, caf::tick_atom_v, left - 1);
  }

  caf::event_based_actor* self;
  channel<echo::EchoMessage> wire;
};

/// The network fails when a connection ends for a mistake of our own.
void meet(uint64_t seed, fidelity how) {
  network_options options{.how = how, .channels = channels};
  options.wires.link.latency = sim_latency::fixed(beat);
  network net{seed, std::move(options)};
  net.add_nodes(4).connect(full_mesh(4));
  net.add_reactor([](caf::actor_system& sys, const node& home, size_t) {
    for (channel_id id = 0x70; id < 0x70 + channels; ++id)
      sys.spawn<caf::stateful_actor<crier>>(home, id);
  });
  net.start();
  net.advance(100ms);
  if (!net.run_until([&net] { return net.meshed(); }, 10s))
    net.system().report("they did not find each other");
  net.system().throw_if_failed();
  net.finish();
}

} // namespace

TEST_CASE("what is said to all while somebody connects harms nobody") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    CHECK_NOTHROW(meet(seed, fidelity::messages));
  }
}

TEST_CASE("nor does it with the real handshake") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    CHECK_NOTHROW(meet(seed, fidelity::mconn));
  }
}
