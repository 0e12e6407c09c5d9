// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "channel_world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a reactor that takes batches gets what is there, one batch at a "
          "time") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 4},
                      delivery::in_batches};
  world.patient = true;
  world.arrive(2, 10);
  for (int i = 0; i < 6; ++i)
    world.arrive(3, 10);
  CHECK(world.batches == std::vector<size_t>{1});
  CHECK(world.credit == 0);
  world.finish_oldest();
  CHECK(world.batches == std::vector<size_t>{1, 4});
  CHECK(world.credit == 10);
  world.finish_oldest();
  CHECK(world.batches == std::vector<size_t>{1, 4, 2});
  CHECK(world.credit == 50);
  world.finish_oldest();
  CHECK(world.credit == 70);
  world.arrive(2, 10);
  CHECK(world.batches == std::vector<size_t>{1, 4, 2, 1});
}

TEST_CASE("peers take turns in batches, too") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 4},
                      delivery::in_batches};
  world.patient = true;
  for (int i = 0; i < 100; ++i)
    world.arrive(2, 1000);
  world.arrive(3, 1000);
  world.finish_oldest();
  CHECK(world.got_from(3) == 1);
}

TEST_CASE("an error that answers a batch blames nobody, as it names nobody") {
  channel_world world{{.id = world::echo_channel}, delivery::in_batches};
  world.answer = caf::make_error(blame::misbehaved, "one of them");
  world.arrive(2);
  CHECK(world.errors.empty());
  CHECK(world.dropped(world::echo_channel, direction::inbound, "reactor_failed")
        == 1);
  CHECK(world.credit == 1);
  world.arrive(2);
  CHECK(world.batches.size() == 2);
}

TEST_CASE("a peer that erred is in no batch any more") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 4},
                      delivery::in_batches};
  world.patient = true;
  world.arrive(3);
  for (int i = 0; i < 4; ++i)
    world.arrive(2);
  world.arrive(3);
  world.ask(world.uut, errored_atom_v, connection_ref{world.id(2), 1},
            caf::make_error(blame::misbehaved));
  CHECK(world.errors.size() == 1);
  world.finish_oldest();
  CHECK(world.got_from(2) == 0);
  CHECK(world.got_from(3) == 2);
}

TEST_CASE("a peer that errs while a batch is made is not in it") {
  std::set<ptrdiff_t> seen;
  // Before the batch is begun, while it is made, and when it is handed over.
  for (size_t steps : {1, 5, 50, 300, 5000}) {
    channel_world world{{.id = world::echo_channel, .delivery_window = 1000},
                        delivery::in_batches};
    world.patient = true;
    world.arrive(3);
    for (int i = 0; i < 500; ++i)
      world.arrive(2);
    caf::anon_send(world.reactor, caf::tick_atom_v);
    world.step(steps);
    caf::anon_send(world.uut, errored_atom_v, connection_ref{world.id(2), 1});
    world.settle();
    seen.insert(world.got_from(2));
  }
  CHECK(seen == std::set<ptrdiff_t>{0, 500});
}

TEST_CASE("messages that came together and do not fit into one batch are in "
          "the next one, too") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 4},
                      delivery::in_batches};
  world.patient = true;
  world.arrive_together(6, 2, 60);
  CHECK(world.batches == std::vector<size_t>{4});
  world.arrive(3, 7);
  world.finish_oldest();
  CHECK(world.batches == std::vector<size_t>{4, 3});
  CHECK(world.credit == 0);
  world.finish_oldest();
  CHECK(world.credit == 67);
  CHECK(world.got_from(2) == 6);
  CHECK(world.got_from(3) == 1);
}
