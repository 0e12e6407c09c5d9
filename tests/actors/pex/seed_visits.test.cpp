// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/seed_visits.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using troupe::test::numbered_id;

namespace {

struct seed_visits_fixture {
  std::optional<node_id> go() {
    return uut.next_to_go(now);
  }

  seed_visits uut{{.stay = 20s}};
  time_point now = time_point{} + 1h;
};

} // namespace

TEST_CASE_FIXTURE(seed_visits_fixture,
                  "who does nothing has to go after some seconds") {
  uut.up(numbered_id(1), now);
  CHECK(uut.next_wakeup() == now + 20s);
  now += 19s;
  CHECK_FALSE(go());
  now += 1s;
  CHECK(go() == numbered_id(1));
  // It is told once.
  CHECK(uut.is_leaving(numbered_id(1)));
  CHECK_FALSE(go());
  CHECK_FALSE(uut.next_wakeup());
}

TEST_CASE_FIXTURE(seed_visits_fixture,
                  "who has what it came for goes at once") {
  uut.up(numbered_id(1), now);
  uut.up(numbered_id(2), now);
  CHECK_FALSE(uut.is_leaving(numbered_id(1)));
  uut.done(numbered_id(1), now + 1s);
  now += 1s;
  CHECK(uut.next_wakeup() == now);
  CHECK(go() == numbered_id(1));
  CHECK_FALSE(go());
  uut.done(numbered_id(1), now);
  CHECK_FALSE(go());
}

TEST_CASE_FIXTURE(seed_visits_fixture, "who comes back has its time again") {
  uut.up(numbered_id(1), now);
  uut.done(numbered_id(1), now);
  CHECK(go() == numbered_id(1));
  uut.down(numbered_id(1));
  CHECK_FALSE(uut.is_leaving(numbered_id(1)));
  uut.up(numbered_id(1), now);
  CHECK_FALSE(go());
  CHECK(uut.next_wakeup() == now + 20s);
}

TEST_CASE_FIXTURE(seed_visits_fixture, "who is no visitor never has to go") {
  uut.done(numbered_id(1), now);
  uut.down(numbered_id(2));
  CHECK_FALSE(go());
  CHECK_FALSE(uut.is_leaving(numbered_id(1)));
  CHECK(uut.size() == 0);
}
