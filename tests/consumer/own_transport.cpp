// SPDX-License-Identifier: Apache-2.0

// A transport that is no part of Troupe: does it do what transports do, and do
// nodes talk over it?
#include <chrono>
#include <iostream>
#include <string_view>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "pair_transport.hpp"
#include "troupe/actors/node/node.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/conformance/transport_conformance.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "types.hpp"

using namespace std::chrono_literals;

namespace {

struct config : caf::actor_system_config {
  config() {
    load<caf::io::middleman>();
  }
};

class pair_subject final : public troupe::testing::transport_subject {
public:
  caf::actor_system& system() override {
    return system_;
  }

  troupe::transport_actor spawn(const troupe::node_key& key) override {
    auto node = std::make_shared<troupe::mconn_options>(troupe::mconn_options{
        .key = key,
        .random = std::make_shared<troupe::system_entropy>(),
        .stream = {.send_rate = {}, .recv_rate = {}}});
    return consumer::spawn_pair_transport(system_, board_, node);
  }

  troupe::endpoint where(const troupe::node_id& id) const override {
    return consumer::pair_endpoint(id);
  }

  bool speaks(std::string_view protocol) const override {
    return protocol == "pair";
  }

private:
  config config_;
  caf::actor_system system_{config_};
  std::shared_ptr<consumer::pair_board> board_
      = std::make_shared<consumer::pair_board>();
};

/// A node that answers pings, and sends one to whoever comes up.
troupe::node start(caf::actor_system& sys, troupe::node_options options,
                   const caf::actor& witness) {
  auto home = troupe::spawn_node(sys, std::move(options));
  sys.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    auto wire
        = home.open_channel<troupe::echo::EchoMessage>(self, {.id = 0x70});
    home.subscribe(self);
    return {
        [=](const troupe::peer_update& update) {
          if (update.status == troupe::peer_status::up)
            wire.send(update.peer, troupe::echo::PingMessage{});
        },
        [=](const troupe::inbound_envelope& envelope) {
          self->send(witness, envelope.from);
        },
    };
  });
  return home;
}

/// @returns whether two nodes hear from each other.
bool nodes_meet() {
  config cfg;
  caf::actor_system sys{cfg};
  caf::scoped_actor self{sys};
  troupe::system_entropy random;
  auto board = std::make_shared<consumer::pair_board>();
  auto options = [&] {
    auto key = troupe::node_key::generate(random);
    return troupe::node_options{.key = key,
                                .network = "consumer",
                                .transports
                                = {consumer::pair_transport(board, key.id())}};
  };
  auto a = start(sys, options(), self);
  auto of_b = options();
  of_b.persistent_peers = {"pair:" + to_string(a.id())};
  auto b = start(sys, std::move(of_b), self);
  size_t heard = 0;
  auto waits = true;
  while (waits && heard < 2)
    self->receive(
        [&](const troupe::node_id& from) {
          heard += from == a.id() || from == b.id() ? 1 : 0;
        },
        caf::after(30s) >> [&] { waits = false; });
  a.stop();
  b.stop();
  self->wait_for(a.router(), b.router());
  return heard == 2;
}

} // namespace

int main() {
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::init_global_meta_objects<caf::id_block::consumer_behind>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  auto problems = troupe::testing::check_transport(
      [] { return std::make_unique<pair_subject>(); });
  for (const auto& problem : problems)
    std::cerr << problem << '\n';
  if (!problems.empty())
    return 1;
  if (!nodes_meet()) {
    std::cerr << "two nodes did not hear from each other\n";
    return 1;
  }
  std::cout << "a transport from outside does what transports do\n";
}
