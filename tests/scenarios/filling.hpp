// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <caf/event_based_actor.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/network.hpp"

namespace troupe::test {

/// What becomes of a dial to somebody who is not there.
enum class dead_end : uint8_t {
  /// It is refused: something answers for the machine.
  refused,
  /// It is never answered, and takes all the time that a dial may.
  silent,
};

/// A node that knows `addresses` others from its store, every second of which
/// is dead, and wants `slots` of them as its outgoing peers. All else is as it
/// is by default.
struct filling {
  uint64_t seed = 1;
  dead_end dead = dead_end::refused;
  testing::fidelity how = testing::fidelity::mconn;
  size_t addresses = 200;
  size_t slots = 10;
};

/// Runs that in a simulated network.
/// @returns the simulated time from the start of the node to its last slot, or
/// nothing if that takes longer than `limit`.
inline std::optional<duration>
time_to_fill(const filling& what, duration limit = std::chrono::minutes{10}) {
  using testing::network;
  auto wires = testing::sim_network_options{};
  wires.refuse_when_down = what.dead == dead_end::refused;
  network net{what.seed, {.how = what.how, .wires = wires}};
  // The others neither dial nor know anybody.
  net.add_nodes(1 + what.addresses, [&what](size_t number, auto& options) {
    if (number == 0)
      options.max_outgoing = what.slots;
  });
  net.add_reactor([](caf::actor_system& sys, const node& home, size_t) {
    sys.spawn([home](caf::event_based_actor* self) -> caf::behavior {
      static_cast<void>(
          home.open_channel<echo::EchoMessage>(self, {.id = 0x70}));
      return {[](const inbound_envelope&) {}};
    });
  });
  store_changes known;
  for (size_t number = 1; number < net.size(); ++number) {
    const auto address = *node_address::parse(net.address(number));
    known.put.push_back(
        {.id = address.id, .addresses = {{.address = address}}});
    if (number % 2 == 0)
      net.wires().crash(net.host(number), net.now());
    else
      net.start(number);
  }
  auto& disk = net.disk(0);
  if (auto bad = disk.open()->commit(known); bad.code != errc::none)
    net.system().report(to_string(bad));
  net.advance(std::chrono::seconds{1});
  net.start(0);
  const auto begin = net.now();
  auto is_full
      = [&net, &what] { return net.peers(0).up().size() == what.slots; };
  if (!net.run_until(is_full, limit))
    return std::nullopt;
  const auto result = net.now() - begin;
  for (const auto& [id, peer] : net.peers(0).up())
    if (peer.way != direction::outbound)
      net.system().report("somebody has dialed us");
  net.finish();
  return result;
}

} // namespace troupe::test
