// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_publisher.hpp"

#include <caf/send.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using feed = bounded_feed<node_event>;

/// An observer that is done with an event only when the test says so.
struct slow_observer {
  std::vector<node_event> got;
  std::vector<caf::response_promise> unanswered;
};

struct event_publisher_fixture {
  event_publisher_fixture() {
    // Who has a channel listens.
    world.open(where);
    world.settle();
  }

  ~event_publisher_fixture() {
    seen->unanswered.clear();
    world.stop_all();
  }

  caf::actor observe() {
    auto who = world.spawn_guest([this](caf::event_based_actor* self) {
      where.observe(self);
      return caf::behavior{[self, to = seen](const node_event& event) {
        to->got.push_back(event);
        to->unanswered.push_back(self->make_response_promise());
        return to->unanswered.back();
      }};
    });
    world.settle();
    return who;
  }

  /// Lets the node have something to tell.
  void happen(size_t count) {
    for (size_t i = 0; i < count; ++i)
      world.knock(where, world.id(2))->hang_up();
    world.settle();
  }

  /// Lets the observer be done with what it has.
  void answer() {
    for (auto& promise : std::exchange(seen->unanswered, {}))
      promise.deliver(caf::unit);
    world.settle();
  }

  [[nodiscard]] size_t weak_refs() const {
    auto block = caf::actor_cast<caf::strong_actor_ptr>(where.router());
    return block ? block->weak_refs.load() : 0;
  }

  troupe::test::world world;
  node where = world.spawn(world.options(1));
  std::shared_ptr<slow_observer> seen = std::make_shared<slow_observer>();
};

} // namespace

TEST_CASE_FIXTURE(event_publisher_fixture,
                  "an observer that does not keep up loses the oldest "
                  "events, and learns how many") {
  observe();
  constexpr size_t lost = 100;
  happen(feed::window + feed::max_waiting + lost);
  CHECK(seen->got.size() == feed::window);
  while (!seen->unanswered.empty())
    answer();
  uint64_t counted = 0;
  for (const auto& event : seen->got)
    counted += event.lost;
  CHECK(counted >= lost);
  // One more tells where the node listens.
  CHECK(seen->got.size() + counted
        == feed::window + feed::max_waiting + lost + 1);
  happen(1);
  CHECK(seen->got.back().lost == 0);
}

TEST_CASE_FIXTURE(event_publisher_fixture,
                  "an observer that is behind gets the rest when the "
                  "node ends") {
  observe();
  happen(feed::window + 50);
  REQUIRE(seen->got.size() == feed::window);
  where.stop();
  world.settle();
  CHECK(seen->got.size() == feed::window + 50 + 1);
}

TEST_CASE_FIXTURE(event_publisher_fixture,
                  "observing again and again, or longer than the node "
                  "lives, leaves no monitor") {
  auto before = weak_refs();
  auto observer = observe();
  auto during = weak_refs();
  CHECK(during > before);
  for (int i = 0; i < 10; ++i)
    caf::anon_send(where.router(), caf::subscribe_atom_v, observer);
  world.settle();
  CHECK(weak_refs() == during);
  auto router = caf::actor_cast<caf::strong_actor_ptr>(where.router());
  REQUIRE(router);
  where.stop();
  world.settle();
  // What is left of the router is known to the test only.
  INFO("weak references: " << router->weak_refs.load());
  CHECK(router->weak_refs.load() < during);
}
