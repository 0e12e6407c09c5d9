// SPDX-License-Identifier: Apache-2.0
//
// Nodes that greet each other: the program of docs/first-reactor.md.
//     hello NAME [ADDRESS]
#include <iostream>
#include <string>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

#include "hello.pb.h"
#include "troupe/actors/node/node.hpp"

using namespace troupe;

caf::behavior greeter(caf::event_based_actor* self, node home,
                      std::string name) {
  auto wire = home.open_channel<hello::Greeting>(
      self, {.id = 0x50, .recv_message_capacity = 1024});
  home.subscribe(self);
  home.observe(self);
  return {
      [=](const peer_update& update) {
        if (update.status != peer_status::up)
          return;
        hello::Greeting greeting;
        greeting.set_text("hello from " + name);
        wire.send(update.peer, greeting);
      },
      [=](const inbound_envelope& in) {
        return in.match([](const hello::Greeting& greeting) {
          std::cout << greeting.ShortDebugString() << std::endl;
        });
      },
      [=](const node_event& event) {
        if (event.what == node_event::kind::listening)
          std::cout << to_string(to_address(event.where, home.id()))
                    << std::endl;
      },
  };
}

void caf_main(caf::actor_system& sys, const caf::actor_system_config& config) {
  auto [argc, argv] = config.c_args_remainder();
  std::string name = argc > 1 ? argv[1] : "nobody";
  std::vector<std::string> peers;
  if (argc > 2)
    peers.push_back(argv[2]);
  system_entropy random;
  auto home = spawn_node(sys, {.key = node_key::generate(random),
                               .network = "hello",
                               .moniker = name,
                               .listen = {"mconn://127.0.0.1:0"},
                               .persistent_peers = peers});
  sys.spawn(greeter, home, name);
}

CAF_MAIN(caf::id_block::troupe, caf::io::middleman)
