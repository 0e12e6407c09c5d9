// SPDX-License-Identifier: Apache-2.0
//
// Nodes that listen with QUIC and with TCP.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "greeting_node.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A resolver that tells `listener` of each question, and answers none before
/// it is told to.
caf::behavior held_lookups(caf::event_based_actor* self,
                           const caf::actor& listener) {
  using answer = std::vector<ip_address>;
  auto held
      = std::make_shared<std::vector<caf::typed_response_promise<answer>>>();
  return {
      [=](caf::resolve_atom what, const std::string&) -> caf::result<answer> {
        held->push_back(self->make_response_promise<answer>());
        self->send(listener, what, caf::actor_cast<caf::actor>(self));
        return held->back();
      },
      [=](caf::ok_atom) {
        for (auto& promise : std::exchange(*held, {}))
          promise.deliver(answer{ip_address::v4(127, 0, 0, 1)});
      },
  };
}

/// A node that listens both ways and dials once it is told to, whatever has
/// dialed it meanwhile.
struct two_way_node {
  explicit two_way_node(int number)
    : own(key_of(number).id()),
      node(options_for(number, *this)) {
    node.where.subscribe(ear());
    node.where.observe(ear());
  }

  static node_options options_for(int number, two_way_node& who) {
    auto result = quic_node_options(number);
    result.listen = {"mconn://127.0.0.1:0", "quic://127.0.0.1:0"};
    result.resolver = [&who](caf::actor_system& sys) {
      auto made = sys.spawn(held_lookups, caf::actor{who.node.self.handle()});
      return caf::actor_cast<resolver_actor>(made);
    };
    return result;
  }

  [[nodiscard]] caf::blocking_actor* ear() const {
    return node.self.operator->();
  }

  /// By its name, which has to be looked up.
  [[nodiscard]] node_address address(std::string_view protocol) const {
    auto i = std::ranges::find(node.places, protocol, &endpoint::protocol);
    REQUIRE(i != node.places.end());
    auto result = to_address(*i, own);
    result.hostname = "here.test";
    return result;
  }

  /// Has been asked to dial, and is about to.
  caf::actor begin_to_dial(const node_address& to) {
    node.where.add_peer(to);
    caf::actor result;
    node.self->receive(
        [&](caf::resolve_atom, caf::actor& lookups) {
          result = std::move(lookups);
        },
        caf::after(patience) >> [] {});
    REQUIRE(result);
    return result;
  }

  /// Takes in what it is told next.
  void hear() {
    node.self->receive(
        [this](const peer_update& x) {
          if (x.status == peer_status::up) {
            current = x;
            ways.push_back(x.way);
          } else if (current && current->generation == x.generation) {
            current.reset();
          }
        },
        [this](const node_event& x) {
          dial_failed |= x.what == node_event::kind::dial_failed;
        },
        caf::after(patience) >> [] { FAIL("nothing is heard"); });
  }

  /// What became of its own dial is known.
  [[nodiscard]] bool has_dialed() const {
    return dial_failed
           || std::ranges::find(ways, direction::outbound) != ways.end();
  }

  [[nodiscard]] std::string connected_over() const {
    return current ? current->info.remote.protocol : "nothing";
  }

  node_id own;
  greeting_node node;
  std::optional<peer_update> current;
  std::vector<direction> ways;
  bool dial_failed = false;
};

/// Both dial at the same time; each connection comes about.
void check_survivor(std::string_view first_dials,
                    std::string_view second_dials) {
  CAPTURE(first_dials);
  CAPTURE(second_dials);
  two_way_node first{1};
  two_way_node second{2};
  const auto lookups = {first.begin_to_dial(second.address(first_dials)),
                        second.begin_to_dial(first.address(second_dials))};
  for (const auto& each : lookups)
    caf::anon_send(each, caf::ok_atom_v);
  for (auto* who : {&first, &second})
    while (!who->has_dialed() || who->connected_over() != "quic")
      who->hear();
  // Nothing that is still under way can change that.
  CHECK(first.current->way != second.current->way);
  CHECK(first.current->info.remote.protocol == "quic");
  for (auto* who : {&first, &second})
    who->node.where.peers(who->ear(), 1)
        .receive(
            [](const std::vector<peer_report>& all) {
              REQUIRE(all.size() == 1);
              REQUIRE(all[0].info.has_value());
              CHECK(all[0].info->remote.protocol == "quic");
            },
            [](const caf::error& e) { FAIL(to_string(e)); });
}

} // namespace

TEST_CASE("of two connections that nodes make at the same time, both keep the "
          "one over QUIC") {
  check_survivor("mconn", "quic");
  check_survivor("quic", "mconn");
}
