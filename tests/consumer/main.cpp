// SPDX-License-Identifier: Apache-2.0

// A node in a program that has types of its own, before and behind ours.
#include <iostream>

#include <caf/exec_main.hpp>
#include <caf/io/middleman.hpp>
#include <caf/message.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "types.hpp"

void caf_main(caf::actor_system& sys) {
  troupe::system_entropy random;
  auto node = troupe::spawn_node(
      sys, {.key = troupe::node_key::generate(random), .network = "consumer"});
  node.stop();
  caf::scoped_actor self{sys};
  self->wait_for(node.router());
  std::cout << "a node came and went: "
            << to_string(caf::make_message(consumer::greeting{"hello"},
                                           troupe::errc::shutting_down,
                                           consumer::farewell{"bye"}))
            << ", its types from " << troupe::first_type_id << '\n';
}

CAF_MAIN(caf::id_block::consumer_before, caf::id_block::troupe,
         caf::id_block::consumer_behind, caf::io::middleman)
