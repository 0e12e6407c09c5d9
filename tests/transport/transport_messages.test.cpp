// SPDX-License-Identifier: Apache-2.0
//
// What every connection does with messages, and how it ends.
//
// Left out, because there is nothing here that could do it: MC-02 (a connection
// has no status to ask for; what waits is the peer sender's to know) and MC-08
// (there is no blocking send; `send_queue` has the refusal of a full queue).
#include "troupe/tests/transport/transport_kinds.hpp"

using namespace troupe;
using namespace troupe::test;

#define KINDS TROUPE_TRANSPORT_KINDS

TEST_CASE_TEMPLATE("TR-13: messages go both ways, also once transports close",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.round_trip();
  world.a.close();
  world.b.close();
  pair.round_trip();
}

TEST_CASE_TEMPLATE("TR-13: messages of any size arrive whole and in order",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  const auto sizes = {0,    1,    2,     1023,  1024,   1025,    2048, 4096,
                      4097, 9999, 65536, 65537, 100000, 1048576, 0,    1};
  for (auto size : sizes)
    pair.near->post(talk, patterned(size, size));
  for (auto size : sizes) {
    CAPTURE(size);
    CHECK(pair.far->next().body == patterned(size, size));
  }
  // And all of it is reported as sent, to the byte.
  size_t cost = 0;
  for (auto size : sizes)
    cost += message_cost(size);
  while (pair.near->sent() < cost)
    REQUIRE(pair.near->wait());
  CHECK(pair.near->sent() == cost);
}

TEST_CASE_TEMPLATE("TR-14: when one side closes, both hear of it", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.round_trip();
  SUBCASE("the one that dialed") {
    pair.near->close();
  }
  SUBCASE("the one that accepted") {
    pair.far->close();
  }
  CHECK(pair.near->wait_for_end() == errc::connection_closed);
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  // Sending now fails, and closing again changes nothing.
  for (auto* side : {pair.near.get(), pair.far.get()}) {
    CHECK(side->send(talk, patterned(1)));
    side->close();
    CHECK(side->ended());
  }
}

TEST_CASE_TEMPLATE("MC-01: sending on a channel that is not open is refused",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  CHECK(code_of(pair.near->send(0x01, patterned(1))) == errc::unknown_channel);
  pair.round_trip();
}

TEST_CASE_TEMPLATE("MC-05: a message above its channel's capacity ends it",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.near->post(talk, patterned(10));
  pair.near->post(bulk, patterned(100'001));
  CHECK(pair.far->wait_for_end() == errc::oversized_message);
  CHECK(pair.near->wait_for_end() == errc::connection_closed);
  // What came before it is not lost.
  REQUIRE(pair.far->inbox.size() == 1);
  CHECK(pair.far->inbox[0].body == patterned(10));
}

TEST_CASE_TEMPLATE("MC-06: a message of just the channel's capacity passes",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.near->post(bulk, patterned(100'000));
  CHECK(pair.far->next().body == patterned(100'000));
}

TEST_CASE_TEMPLATE("MC-09: what an idle connection sends is out before a close",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  pair.near->post(talk, patterned(5000));
  pair.near->close();
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  REQUIRE(pair.far->inbox.size() == 1);
  CHECK(pair.far->inbox[0].body == patterned(5000));
}

TEST_CASE_TEMPLATE("a reader that gives no credit bounds what arrives", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  auto other = world.established();
  constexpr size_t size = 20'000;
  constexpr size_t count = 1500;
  // More than kernels take.
  for (size_t i = 0; i < count; ++i)
    pair.near->post(bulk, patterned(size, i));
  while (pair.far->received() < connection_read_window)
    REQUIRE(pair.far->wait());
  // Others go on, and meanwhile what can come has come.
  for (int i = 0; i < 100; ++i)
    other.round_trip();
  pair.far->poll();
  CHECK(pair.far->received() < connection_read_window + read_cost(size));
  CHECK(pair.near->sent() < count * message_cost(size));
  // Nothing is lost and nothing is out of order.
  for (size_t i = 0; i < count; ++i)
    REQUIRE(pair.far->next().body == patterned(size, i));
}

TEST_CASE_TEMPLATE("a reader that gives no credit gets a bounded number of "
                   "messages, however small",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  auto other = world.established();
  constexpr size_t count = 5 * connection_read_messages;
  for (size_t i = 0; i < count; ++i)
    pair.near->post(talk, patterned(3, i));
  while (pair.far->inbox.size() < connection_read_messages)
    REQUIRE(pair.far->wait());
  for (int i = 0; i < 100; ++i)
    other.round_trip();
  pair.far->poll();
  CHECK(pair.far->inbox.size() == connection_read_messages);
  for (size_t i = 0; i < count; ++i)
    REQUIRE(pair.far->next().body == patterned(3, i));
}

TEST_CASE_TEMPLATE("closing everything leaves nothing behind", Kind, KINDS) {
  two_nodes<Kind> world;
  auto baseline = world.sys.registry().running();
  auto descriptors = open_descriptors();
  {
    auto pairs = std::vector<connection_pair>{};
    for (int i = 0; i < 10; ++i) {
      pairs.push_back(world.established());
      pairs.back().round_trip();
    }
    // Five are closed, five are just let go.
    for (int i = 0; i < 5; ++i)
      pairs[i].near->close();
  }
  auto& self = world.a.self;
  CHECK(eventually(self,
                   [&] { return world.sys.registry().running() == baseline; }));
  CHECK(eventually(self, [&] { return open_descriptors() == descriptors; }));
  world.established().round_trip();
}

TEST_CASE_TEMPLATE("messages on a channel that is not open are dropped and "
                   "counted, and others pass",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  constexpr channel_id foreign = 0x31;
  auto channels = test_channels();
  channels.push_back({.id = foreign});
  auto pair = world.established(channels);
  // Nothing of it counts against any window, or else this would be the end.
  for (int i = 0; i < 20; ++i)
    pair.near->post(foreign, patterned(70'000));
  pair.round_trip();
  while (pair.far->skipped[foreign] < 20)
    REQUIRE(pair.far->wait());
  CHECK(pair.far->skipped == std::map<channel_id, uint32_t>{{foreign, 20}});
  pair.round_trip();
}

TEST_CASE_TEMPLATE("who hangs up has everything queued arrive first", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  constexpr size_t count = 40;
  // More than is with the network at once.
  for (size_t i = 0; i < count; ++i)
    pair.near->post(bulk, patterned(90'000, i));
  SUBCASE("with nothing coming the other way") {}
  SUBCASE("while the other one sends as well") {
    for (size_t i = 0; i < count; ++i)
      pair.far->post(bulk, patterned(90'000, i));
  }
  pair.near->hang_up();
  for (size_t i = 0; i < count; ++i)
    REQUIRE(pair.far->next().body == patterned(90'000, i));
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  CHECK(pair.near->wait_for_end() == errc::hung_up);
}

TEST_CASE_TEMPLATE("who hangs up does not wait for ever", Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  // The other one gives no credit for them.
  for (size_t i = 0; i < 400; ++i)
    pair.near->post(bulk, patterned(90'000, i));
  pair.near->hang_up(200ms);
  CHECK(pair.near->wait_for_end() == errc::hung_up);
}

TEST_CASE_TEMPLATE(
    "a remote that hangs up at once, as our channels do not fit, "
    "is said to have done so for that",
    Kind, KINDS) {
  two_nodes<Kind> world;
  // Whoever has no channels takes anybody, so that only the other one minds.
  world.a.info.channels.clear();
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, world.b.key.id());
  auto far = pair.far->ask_handshake(world.b.info);
  auto refused = errc::none;
  far.receive([](const handshake_result&) { FAIL("it should not fit"); },
              [&](const caf::error& e) { refused = code_of(e); });
  CHECK(refused == errc::no_common_channel);
  auto passed = false;
  near.receive([&](const handshake_result&) { passed = true; },
               [](const caf::error&) {});
  if (passed)
    static_cast<void>(pair.near->start());
  CHECK(pair.near->wait_for_end()
        == (passed ? errc::no_common_channel : errc::connection_closed));
}
