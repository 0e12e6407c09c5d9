// SPDX-License-Identifier: Apache-2.0

// Two nodes in a simulation, one of which crashes.
#include <chrono>
#include <iostream>

#include <caf/event_based_actor.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/network.hpp"

using namespace std::chrono_literals;
using namespace troupe::testing;

int main() {
  size_t pings = 0;
  try {
    network net{1};
    net.add_nodes(2).connect(full_mesh(2));
    net.add_reactor([&](auto& sys, const troupe::node& home, size_t) {
      sys.spawn([&, home](caf::event_based_actor* self) -> caf::behavior {
        auto wire
            = home.open_channel<troupe::echo::EchoMessage>(self, {.id = 0x70});
        home.subscribe(self);
        return {
            [wire](const troupe::peer_update& update) {
              if (update.status == troupe::peer_status::up)
                wire.send(update.peer, troupe::echo::PingMessage{});
            },
            [&](const troupe::inbound_envelope&) { ++pings; },
        };
      });
    });
    net.at(10s, crash(1));
    net.at(12s, start(1));
    net.start();
    if (!net.run_until([&] { return pings == 4; }, 5min))
      net.system().report("a ping is missing");
    net.finish();
  } catch (const sim_failure& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
  std::cout << "two simulated nodes exchanged " << pings << " pings\n";
}
