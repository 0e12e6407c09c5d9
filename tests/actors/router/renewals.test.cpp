// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/renewals.hpp"

#include <doctest/doctest.h>

#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using troupe::test::numbered_id;

namespace {

constexpr auto start = time_point{1h};

struct renewals_fixture {
  renewals_fixture() {
    uut.changed(start);
    for (const auto& which : {one, two, three})
      uut.add(which);
  }

  connection_ref one{numbered_id(1), 1};
  connection_ref two{numbered_id(2), 2};
  connection_ref three{numbered_id(3), 3};
  renewals uut;
  time_point ready = start + renewals::calm;
};

} // namespace

TEST_CASE_FIXTURE(renewals_fixture, "nobody goes before it is calm") {
  CHECK_FALSE(uut.next(start));
  CHECK(uut.next_wakeup() == ready);
  // Another channel comes right after the first.
  uut.changed(start + 500ms);
  CHECK_FALSE(uut.next(ready));
  CHECK(uut.next_wakeup() == ready + 500ms);
  CHECK(uut.next(ready + 500ms) == one);
}

TEST_CASE_FIXTURE(renewals_fixture, "one goes when the one before is back") {
  CHECK(uut.next(ready) == one);
  CHECK_FALSE(uut.next(ready));
  uut.ended(one);
  uut.connected(numbered_id(4));
  CHECK_FALSE(uut.next(ready + 1s));
  uut.connected(numbered_id(1));
  CHECK(uut.next(ready + 1s) == two);
}

TEST_CASE_FIXTURE(renewals_fixture,
                  "who does not come back is waited for, but not for ever") {
  CHECK(uut.next(ready) == one);
  uut.ended(one);
  CHECK(uut.next_wakeup() == ready + renewals::patience);
  CHECK_FALSE(uut.next(ready + renewals::patience - 1ns));
  CHECK(uut.next(ready + renewals::patience) == two);
}

TEST_CASE_FIXTURE(renewals_fixture,
                  "who has ended meanwhile, or asked twice, has no turn") {
  uut.add(two);
  uut.ended(one);
  uut.ended(three);
  CHECK(uut.next(ready) == two);
  uut.connected(numbered_id(2));
  CHECK_FALSE(uut.next(ready));
  CHECK_FALSE(uut.next_wakeup());
}
