// SPDX-License-Identifier: Apache-2.0
//
// A reactor of one's own with a test under faults (rumours.test.cpp). A node
// prints its address, others dial it, and all tell each other rumours:
//     rumours_sample [ADDRESS]
#include <fmt/format.h>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

#include "rumour_reactor.hpp"
#include "troupe/actors/node/node.hpp"

using namespace troupe;

caf::behavior address_printer(caf::event_based_actor* self, node home) {
  home.observe(self);
  return {
      [home](const node_event& event) {
        if (event.what == node_event::kind::listening)
          fmt::print("{}\n", to_address(event.where, home.id()));
      },
  };
}

void caf_main(caf::actor_system& sys, const caf::actor_system_config& config) {
  system_entropy random;
  auto [argc, argv] = config.c_args_remainder();
  auto home = spawn_node(sys, {.key = node_key::generate(random),
                               .network = "rumours",
                               .listen = {"mconn://127.0.0.1:0"},
                               .persistent_peers = {argv + 1, argv + argc}});
  sys.spawn(address_printer, home);
  auto print = [](uint64_t, const std::string& text) {
    fmt::print("{}\n", text);
    std::fflush(stdout);
  };
  rumours::spawn_rumours(sys, home, {.on_rumour = print});
}

CAF_MAIN(caf::id_block::troupe, caf::io::middleman)
