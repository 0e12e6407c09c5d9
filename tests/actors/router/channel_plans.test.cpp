// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/channel_plans.hpp"

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct channel_plans_fixture : world {
  channel_plans_fixture() {
    for (channel_id id : {1, 2})
      open(id);
  }

  ~channel_plans_fixture() {
    stop_all();
  }

  void open(channel_id id) {
    uut.add(
        id, payload::copy_of(echo::EchoMessage::default_instance()),
        caf::actor_cast<channel_actor>(spawn_guest([](caf::event_based_actor*) {
          return caf::behavior{[](caf::ok_atom) {}};
        })));
  }

  channel_plans uut{{}, metrics{sys(), id(99)}};
  std::vector<channel_descriptor> both{{.id = 1, .priority = 3}, {.id = 2}};
};

} // namespace

TEST_CASE_FIXTURE(channel_plans_fixture,
                  "all connections that are made with the same channels share "
                  "what there is to know of them") {
  const auto first = uut.plan(both);
  CHECK(first->inbound.size() == 2);
  CHECK(first->outbound.at(1).limits.weight == 3);
  CHECK(uut.plan(both) == first);
  auto others = both;
  others[0].priority = 4;
  const auto second = uut.plan(others);
  CHECK(second->outbound.at(1).limits.weight == 4);
  // Whoever has it keeps it.
  CHECK(first->outbound.at(1).limits.weight == 3);
}

TEST_CASE_FIXTURE(channel_plans_fixture,
                  "a channel that ended during the handshake gets nothing, and "
                  "one in its place is another") {
  const auto before = uut.plan(both);
  const auto old = before->inbound.at(2).channel;
  uut.remove(2);
  const auto without = uut.plan(both);
  CHECK(without->inbound.size() == 1);
  // The peer may have it, and is told so when something is sent there.
  CHECK(without->outbound.size() == 2);
  open(2);
  const auto after = uut.plan(both);
  CHECK(after->inbound.at(2).channel != old);
  CHECK_FALSE(uut.channel(3));
}
