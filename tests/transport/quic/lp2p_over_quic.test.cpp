// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p_over_quic.hpp"

#include <array>
#include <set>

#include "talk_pair.hpp"
#include "troupe/transport/quic/lp2p/lp2p_codes.hpp"
#include "troupe/transport/quic/lp2p/lp2p_peer.hpp"
#include "troupe/transport/quic/quic_protocols.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr channel_id urgent = 0x20;
constexpr channel_id blocks = 0x40;

endpoint place_of(int number) {
  return {.protocol = "quic",
          .ip = ip_address::v4(45, 1, 1, static_cast<uint8_t>(number)),
          .port = 26656};
}

/// A node that can be dialed at its place, and sees the other one at its.
lp2p_terms terms_of(int number, std::vector<channel_id> channels) {
  lp2p_terms result;
  result.ours.channels = std::move(channels);
  result.key = quic_key(number).public_key();
  result.ends = {place_of(number), place_of(3 - number)};
  result.home = place_of(number);
  return result;
}

/// Two nodes that speak libp2p's protocol.
struct lp2p_pair : talk_pair {
  explicit lp2p_pair(std::vector<channel_id> first = {urgent, blocks},
                     std::vector<channel_id> second = {urgent, blocks})
    : talk_pair(setup_for(std::move(first), std::move(second), source)) {}

  static quic_options limits() {
    return quic_protocols{{quic_key(1).id()}}.limits({});
  }

  static talk_setup setup_for(std::vector<channel_id> first,
                              std::vector<channel_id> second, entropy& random) {
    auto maker = [&random](int number, direction who,
                           std::vector<channel_id> channels) {
      return [=, &random](const std::string& protocol) {
        return quic_protocols::make_session(
            protocol, terms_of(number, channels), acceptance::compatible, who,
            random);
      };
    };
    return {.near = maker(1, direction::outbound, std::move(first)),
            .far = maker(2, direction::inbound, std::move(second)),
            .protocol = std::string{lp2p_alpn},
            .near_limits = limits(),
            .far_limits = limits()};
  }

  void begin() {
    start({{.id = urgent, .priority = 5},
           {.id = blocks, .recv_message_capacity = 400'000}});
  }

  size_t count(channel_id channel) {
    return messages[channel].size();
  }

  inline static testing::sim_random source{9};
};

/// A message that says which one it is.
bytes numbered(uint8_t number, size_t size) {
  return bytes(size, std::byte{number});
}

} // namespace

TEST_CASE("nodes of libp2p know of each other what identify says") {
  lp2p_pair world;
  world.greet();
  const auto& info = world.near.session()->info();
  CHECK(info.node_id == to_string(quic_key(2).id()));
  CHECK(info.network == lp2p_unknown_network);
  CHECK(info.listen_addr == "tcp://0.0.0.0:0");
  CHECK(info.channels == std::vector<channel_id>{urgent, blocks});
  CHECK(info.moniker == "troupe");
  CHECK(world.far.session()->info().node_id == to_string(quic_key(1).id()));
  CHECK(validate(info).code == errc::none);
}

TEST_CASE("nodes of libp2p without a channel in common part") {
  lp2p_pair world{{urgent}, {blocks}};
  CHECK(world.run(10s, [&] {
    return world.near.session() != nullptr
           && world.near.session()->error().code == errc::no_common_channel;
  }));
  CHECK_FALSE(world.near.session()->greeted());
}

TEST_CASE("messages of any size arrive over streams of their own") {
  lp2p_pair world;
  world.begin();
  const auto sizes
      = std::array<size_t, 5>{1, 1000, 16 * 1024, 100'000, 400'000};
  for (uint8_t i = 0; i < 50; ++i)
    world.post(blocks, numbered(i, sizes[i % sizes.size()]));
  REQUIRE(world.run(1min, [&] { return world.count(blocks) == 50; }));
  std::set<uint8_t> found;
  for (const auto& body : world.messages[blocks]) {
    const auto number = std::to_integer<uint8_t>(*body.begin());
    CHECK(found.insert(number).second);
    CHECK(body == numbered(number, sizes[number % sizes.size()]));
  }
  size_t sent = 0;
  world.run(1s, [&] {
    for (const auto& credit : world.near.session()->take_sent())
      sent += credit.cost;
    return false;
  });
  CHECK(sent == 10 * (1 + 1000 + 16 * 1024 + 100'000 + 400'000 + 5 * 128));
}

TEST_CASE("a channel whose reader is behind takes no new messages, and others "
          "go on") {
  lp2p_pair world;
  world.begin();
  world.unread = blocks;
  for (int i = 0; i < 150; ++i) {
    world.post(blocks, bytes(20'000));
    world.post(urgent, bytes(20'000));
  }
  REQUIRE(world.run(1min, [&] { return world.count(urgent) == 150; }));
  world.run(1s, [] { return false; });
  const auto held = world.count(blocks) * read_cost(20'000);
  CHECK(held >= connection_read_window);
  // With those that were arriving.
  CHECK(held < connection_read_window + 64 * read_cost(20'000));
  world.unread.reset();
  world.far.give_back(std::vector<channel_credit>{{blocks, held}}, held);
  CHECK(world.run(1min, [&] { return world.count(blocks) == 150; }));
}

TEST_CASE("a message that is too large is lost, and nothing else is") {
  lp2p_pair world;
  world.begin();
  world.post(blocks, bytes(400'001));
  world.post(blocks, bytes(400'000));
  std::vector<channel_tally> lost;
  CHECK(world.run(10s, [&] {
    for (auto& entry : world.near.session()->take_lost())
      lost.push_back(entry);
    return !lost.empty() && world.count(blocks) == 1;
  }));
  CHECK(lost == std::vector<channel_tally>{{blocks, 1}});
  CHECK(world.far.session()->error().code == errc::none);
  CHECK(world.messages[blocks][0].size() == 400'000);
}

TEST_CASE("who hangs up is done when all has arrived, and not before") {
  lp2p_pair world;
  world.begin();
  for (int i = 0; i < 20; ++i)
    world.post(blocks, bytes(100'000));
  world.near.session()->hang_up();
  CHECK_FALSE(world.near.session()->over());
  REQUIRE(world.run(1min, [&] { return world.near.session()->over(); }));
  world.run(100ms, [] { return false; });
  CHECK(world.count(blocks) == 20);
  CHECK(world.near.session()->close_code(errc::hung_up)
        == lp2p_close_code::none);
}

TEST_CASE("a stream that only the remote sends on is a violation") {
  lp2p_pair world;
  world.begin();
  const auto stream = world.near.connection().open_uni();
  REQUIRE(stream);
  world.near.connection().write({.stream = *stream, .head = bytes(10)});
  CHECK(world.run(10s, [&] {
    return world.far.session()->error().code == errc::malformed_packet;
  }));
}

TEST_CASE("libp2p's protocol is for those whom the node knows beforehand") {
  const auto known = quic_key(1).id();
  const auto other = quic_key(2).id();
  const quic_protocols nobody;
  const quic_protocols one{{known}};
  CHECK(nobody.check("troupe/1", other).code == errc::none);
  CHECK(nobody.check("libp2p", other).code == errc::filtered);
  CHECK(one.check("libp2p", other).code == errc::filtered);
  CHECK(one.check("libp2p", known).code == errc::none);
  CHECK(nobody.limits({}).streams_bidi == 0);
  CHECK(one.limits({}).streams_bidi > 0);
}
