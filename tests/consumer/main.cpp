// SPDX-License-Identifier: Apache-2.0

// A node in a program that has types of its own, before and behind ours, and
// the options of the node in its configuration.
#include <cstdlib>
#include <iostream>
#include <utility>

#include <caf/actor_system_config.hpp>
#include <caf/exec_main.hpp>
#include <caf/io/middleman.hpp>
#include <caf/message.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/node/option_settings.hpp"
#include "types.hpp"

namespace {

struct config : caf::actor_system_config {
  config() {
    troupe::add_options(opt_group{custom_options_, "troupe"});
    troupe::put_default_options(content);
    set("troupe.network", "consumer");
  }
};

} // namespace

void caf_main(caf::actor_system& sys, const config& cfg) {
  auto options = troupe::options_from(content(cfg));
  if (!options) {
    std::cerr << to_string(options.error()) << '\n';
    std::exit(2);
  }
  std::cout << "at most " << options->max_peers << " peers; ";
  auto node = troupe::spawn_node(sys, std::move(*options));
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
