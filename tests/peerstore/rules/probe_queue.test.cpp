// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/probe_queue.hpp"

#include "ledger_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct probe_queue_fixture : ledger_world {
  probe_queue_fixture() {
    which = {peer('a'), connect('a')};
  }

  void doubt() {
    uut.doubt(peer('a'), state.connections, state.now);
  }

  std::optional<connection_ref> next() {
    return uut.next(state.connections, state.now);
  }

  duration silence() {
    return state.connections.find(which)->silent_for(state.now);
  }

  connection_ref which;
  probe_queue uut{10s};
};

} // namespace

TEST_CASE_FIXTURE(probe_queue_fixture,
                  "a connection counts as silent from the question on") {
  pass(10s);
  doubt();
  pass(5s);
  CHECK(silence() == 0s);
  CHECK(next() == which);
  CHECK_FALSE(next());
  pass(3s);
  CHECK(silence() == 3s);
  probe_queue::active(which, state.connections);
  CHECK(silence() == 0s);
}

TEST_CASE_FIXTURE(probe_queue_fixture,
                  "there is a pause between two questions") {
  pass(9s);
  doubt();
  CHECK_FALSE(next());
  pass(1s);
  doubt();
  doubt();
  CHECK(next() == which);
  CHECK_FALSE(next());
  pass(9s);
  doubt();
  CHECK_FALSE(next());
  pass(1s);
  doubt();
  CHECK(next() == which);
  // The silence is as old as the first question.
  CHECK(silence() == 10s);
}

TEST_CASE_FIXTURE(probe_queue_fixture,
                  "nobody asks about a connection that has to end") {
  pass(1min);
  state.connections.condemn(peer('a'), errc::evicted);
  doubt();
  CHECK_FALSE(next());
}

TEST_CASE_FIXTURE(probe_queue_fixture, "nor about one that is gone") {
  pass(1min);
  doubt();
  uut.forget(which);
  state.end_connection(peer('a'));
  CHECK_FALSE(next());
  probe_queue::active(which, state.connections);
}
