// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <caf/exec_main.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/node.hpp"

void caf_main(caf::actor_system& sys) {
  troupe::system_entropy random;
  auto node = troupe::spawn_node(
      sys, {.key = troupe::node_key::generate(random), .network = "consumer"});
  node.stop();
  caf::scoped_actor self{sys};
  self->wait_for(node.router());
  std::cout << "a node came and went\n";
}

CAF_MAIN(caf::id_block::troupe, caf::io::middleman)
