// SPDX-License-Identifier: Apache-2.0
//
// A mempool over troupe::gossip. A node prints its address, others dial it, and
// each line of input is a transaction that all of them get:
//     mempool_sample [ADDRESS]
//     alice 1 17
#include <iostream>
#include <string>

#include <fmt/format.h>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

#include "mempool_reactor.hpp"

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
                               .network = "mempool",
                               .listen = {"mconn://127.0.0.1:0"},
                               .persistent_peers = {argv + 1, argv + argc}});
  sys.spawn(address_printer, home);
  auto print = [](const mempool::pool& all) {
    fmt::print("{} transactions\n", all.fees().size());
    std::fflush(stdout);
  };
  auto pool = mempool::spawn_mempool(sys, home, {.on_change = print});
  caf::scoped_actor self{sys};
  for (std::string line; std::getline(std::cin, line);)
    self->request(pool, std::chrono::seconds{1}, caf::put_atom_v, line)
        .receive([] {},
                 [](const caf::error& why) {
                   fmt::print("{}\n", caf::to_string(why));
                 });
  home.stop();
}

CAF_MAIN(caf::id_block::troupe, caf::id_block::troupe_gossip,
         caf::io::middleman)
