// SPDX-License-Identifier: Apache-2.0
//
// Whole nodes over QUIC.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_response_promise.hpp>

#include "greeting_node.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What `flood` sends on each of two channels: many windows.
constexpr size_t flood_count = 1000;
constexpr size_t flood_size = 8000;

channel_descriptor flood_channel(channel_id id) {
  return {.id = id,
          .send_queue_messages = flood_count,
          .send_queue_bytes = 2 * flood_count * flood_size,
          .hold_max = 1ms};
}

/// Dials, and sends much on one channel and then on another.
caf::behavior flood(caf::event_based_actor* self, const node& home,
                    const node_address& whom) {
  auto first = home.open_channel<echo::EchoMessage>(self, flood_channel(bulk));
  auto other = home.open_channel<echo::EchoMessage>(self, flood_channel(talk));
  home.subscribe(self);
  home.add_peer(whom);
  return {
      [first, other](const peer_update& x) {
        if (x.status != peer_status::up)
          return;
        for (const auto& channel : {first, other})
          for (size_t i = 0; i < flood_count; ++i) {
            echo::PingMessage next;
            next.set_content(std::to_string(i) + ' '
                             + std::string(flood_size, 'x'));
            channel.send(x.peer, next);
          }
      },
      [](const inbound_envelope&) {},
  };
}

/// Tells `listener` what it hears, but is not done with anything of one channel
/// until somebody wakes it up.
caf::behavior half_asleep(caf::event_based_actor* self, const node& home,
                          const caf::actor& listener) {
  home.open_channel<echo::EchoMessage>(self, flood_channel(bulk));
  home.open_channel<echo::EchoMessage>(self, flood_channel(talk));
  auto awake = std::make_shared<bool>(false);
  auto held
      = std::make_shared<std::vector<caf::typed_response_promise<void>>>();
  return {
      [=](const inbound_envelope& in) -> caf::result<void> {
        const auto& content = in.message.as<echo::PingMessage>()->content();
        self->send(listener, in.channel, content.substr(0, content.find(' ')));
        if (in.channel == talk || *awake)
          return caf::unit;
        held->push_back(self->make_response_promise<void>());
        return held->back();
      },
      [=](caf::ok_atom) {
        *awake = true;
        for (auto& promise : std::exchange(*held, {}))
          promise.deliver();
      },
  };
}

} // namespace

TEST_CASE("nodes that listen with QUIC are found, and exchange messages") {
  auto options = quic_node_options(1);
  options.listen = {"quic://127.0.0.1:0", "mconn://127.0.0.1:0"};
  greeting_node node{std::move(options)};
  REQUIRE(node.places.size() == 2);
  auto i = std::ranges::find(node.places, quic_protocol, &endpoint::protocol);
  REQUIRE(i != node.places.end());
  CHECK(i->port != 0);
  auto other = quic_node_options(2);
  other.persistent_peers = {to_string(to_address(*i, key_of(1).id()))};
  greeting_node remote{std::move(other)};
  CHECK(node.next() == "hello");
  CHECK(remote.next() == "hello");
}

TEST_CASE(
    "a node that stops says so to its peers, which need not wait for it to "
    "be silent") {
  auto options = quic_node_options(1);
  options.listen = {"quic://127.0.0.1:0"};
  greeting_node node{std::move(options)};
  node.where.subscribe(node.self.operator->());
  auto other = quic_node_options(2);
  other.persistent_peers
      = {to_string(to_address(node.places.at(0), key_of(1).id()))};
  std::optional<greeting_node> remote{std::in_place, std::move(other)};
  CHECK(node.next() == "hello");
  CHECK(remote->next() == "hello");
  remote.reset();
  auto last = peer_status::up;
  for (int i = 0; i < 2; ++i)
    node.self->receive([&](const peer_update& x) { last = x.status; },
                       caf::after(patience) >>
                           [] { FAIL("nothing is heard"); });
  CHECK(last == peer_status::down);
}

TEST_CASE(
    "a node whose options do not name QUIC dials an address that it learns "
    "later") {
  auto options = quic_node_options(1);
  options.listen = {"quic://127.0.0.1:0"};
  greeting_node node{std::move(options)};
  REQUIRE(node.places.size() == 1);
  greeting_node remote{quic_node_options(2)};
  remote.where.add_peer(to_address(node.places[0], key_of(1).id()));
  CHECK(node.next() == "hello");
  CHECK(remote.next() == "hello");
}

TEST_CASE("a reactor that stalls stops its own channel at the sender, nothing "
          "else, and nothing is lost") {
  auto options = quic_node_options(1);
  options.listen = {"quic://127.0.0.1:0"};
  greeting_node node{std::move(options), half_asleep};
  REQUIRE(node.places.size() == 1);
  const auto whom = to_address(node.places[0], key_of(1).id());
  auto other = quic_node_options(2);
  other.listen = {"quic://127.0.0.1:0"};
  greeting_node remote{std::move(other),
                       [whom](auto* self, const auto& home, const auto&) {
                         return flood(self, home, whom);
                       }};
  std::map<channel_id, size_t> heard;
  auto next = [&] {
    auto any = false;
    node.self->receive(
        [&](channel_id channel, const std::string& content) {
          any = content == std::to_string(heard[channel]);
          ++heard[channel];
        },
        caf::after(patience) >> [] {});
    return any;
  };
  while (heard[talk] < flood_count)
    REQUIRE(next());
  CHECK(heard[bulk] < flood_count);
  caf::anon_send(node.reactor, caf::ok_atom_v);
  while (heard[bulk] < flood_count)
    REQUIRE(next());
}

TEST_CASE("an option that names QUIC is checked as others are") {
  auto options = quic_node_options(1);
  options.listen = {"quic://224.0.0.1:1"};
  const auto refused = validate(options);
  CHECK(refused.context.find("listen") == 0);
  CHECK(refused.code == errc::invalid_endpoint);
}
