// SPDX-License-Identifier: Apache-2.0
//
// What a reactor says last reaches its peers, in whatever order actors run.
#include <string>

#include <caf/send.hpp>

#include "troupe/actors/channel/channel.hpp"
#include "troupe/actors/router/renewals.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node with a peer that the test plays.
struct last_words_fixture : world {
  explicit last_words_fixture(uint64_t seed = 0)
    : world(seed),
      where(spawn(options(1))),
      observer(watch(where)),
      state(open(where)),
      peer(join(where, 2)) {}

  node where;
  recorder_ptr observer;
  recorder_ptr state;
  puppet_ptr peer;
};

constexpr uint64_t seeds = 40;

constexpr channel_id late = 0x71;

} // namespace

TEST_CASE("what a reactor sends before it closes its channel arrives, and then "
          "the peer has to go") {
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    last_words_fixture world{seed};
    world.state->shout("bye");
    world.state->wire.close();
    world.settle();
    CHECK(world.peer->got.size() == 1);
    CHECK(world.peer->closed);
    CHECK(world.observer->last(world.id(2)).reason == errc::channels_changed);
  }
}

TEST_CASE("what a reactor sends before it ends arrives") {
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    last_words_fixture world{seed};
    world.state->on_message = [&](const inbound_envelope&) {
      world.state->shout("that");
      world.state->say(world.id(2), "was it");
      world.state->self->quit();
      return caf::unit;
    };
    world.peer->send(world::echo_channel, wire_ping("go"));
    world.peer->send(world::echo_channel, wire_ping("nobody hears that"));
    world.settle();
    CHECK(world.state->ended);
    CHECK(world.peer->got.size() == 2);
    CHECK(world.peer->closed);
    CHECK(world.observer->last(world.id(2)).reason == errc::channels_changed);
    CHECK(world.running("troupe.channel") == 0);
  }
}

TEST_CASE("a peer that does not read keeps nobody waiting for long") {
  last_words_fixture world;
  auto slow = world.join(world.where, 3, {world::echo_channel, late});
  slow->reads = false;
  const std::string big(100'000, 'x');
  for (int i = 0; i < 50; ++i)
    world.state->shout(big);
  world.settle();
  const auto got = slow->got.size();
  REQUIRE(got < 50);
  SUBCASE("as its channel closes") {
    world.state->wire.close();
    world.settle();
  }
  SUBCASE("as it has to come back for another one") {
    world.open(world.where, {.id = late});
    world.advance(renewals::calm);
  }
  world.advance(4999ms);
  CHECK_FALSE(slow->closed);
  world.advance(1ms);
  CHECK(slow->reason() == errc::hung_up);
  CHECK(slow->got.size() == got);
  CHECK(world.observer->last(world.id(3)).reason == errc::channels_changed);
}
