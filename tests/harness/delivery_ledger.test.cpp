// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/delivery_ledger.hpp"

#include <doctest/doctest.h>

using namespace troupe::testing;

namespace {

using party = delivery_ledger::party;

constexpr auto alice = party{0, 1};
constexpr auto bob = party{1, 1};

struct delivery_ledger_fixture {
  /// Sends and has it taken.
  uint64_t take(uint64_t generation) {
    auto number = ledger.send(alice, bob);
    ledger.taken(alice, bob, number, generation);
    return number;
  }

  bool arrives(uint64_t number, uint64_t generation = 1) {
    return !ledger.arrived(alice, bob, number, generation);
  }

  delivery_ledger ledger;
};

} // namespace

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "messages that arrive once and in order are fine") {
  for (int i = 0; i < 3; ++i)
    CHECK(arrives(take(1)));
  CHECK(ledger.count_sent() == 3);
  CHECK(ledger.count_arrived() == 3);
  CHECK_FALSE(ledger.missing(alice, bob, 1));
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "messages are numbered for each receiver") {
  CHECK(ledger.send(alice, bob) == 1);
  CHECK(ledger.send(alice, {2, 1}) == 1);
  CHECK(ledger.send(bob, alice) == 1);
  // Somebody else, though the same node.
  CHECK(ledger.send(alice, {1, 2}) == 1);
  CHECK(ledger.send(alice, bob) == 2);
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "a message that nobody sent is wrong") {
  CHECK_FALSE(arrives(1));
  take(1);
  CHECK_FALSE(arrives(2));
  CHECK(ledger.arrived(bob, alice, 1, 1).has_value());
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "a message that arrives twice is wrong") {
  auto number = take(1);
  CHECK(arrives(number));
  CHECK_FALSE(arrives(number));
  CHECK_FALSE(arrives(number, 2));
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "a message must not overtake another") {
  ledger.send(alice, bob);
  ledger.send(alice, bob);
  CHECK(arrives(2));
  auto wrong = ledger.arrived(alice, bob, 1, 1);
  REQUIRE(wrong);
  CHECK(wrong->find("behind message 2") != std::string::npos);
}

TEST_CASE_FIXTURE(delivery_ledger_fixture, "on another connection it may") {
  ledger.send(alice, bob);
  ledger.send(alice, bob);
  CHECK(arrives(2, 1));
  CHECK(arrives(1, 2));
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "an older connection must not deliver any more") {
  take(1);
  take(2);
  CHECK(arrives(2, 6));
  CHECK_FALSE(arrives(1, 5));
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "what was taken and is lost is missing") {
  take(7);
  auto wrong = ledger.missing(alice, bob, 7);
  REQUIRE(wrong);
  CHECK(wrong->find("message 1") != std::string::npos);
  // Its connection has ended.
  CHECK_FALSE(ledger.missing(alice, bob, 8));
  CHECK_FALSE(ledger.missing(bob, alice, 7));
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "a gap is found when the next message arrives") {
  take(7);
  auto next = take(7);
  auto wrong = ledger.arrived(alice, bob, next, 3);
  REQUIRE(wrong);
  CHECK(wrong->find("message 1") != std::string::npos);
  CHECK(wrong->find("did not reach") != std::string::npos);
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "a gap between two connections is none") {
  take(7);
  auto next = take(8);
  CHECK(arrives(next, 3));
  CHECK_FALSE(ledger.missing(alice, bob, 8));
}

TEST_CASE_FIXTURE(delivery_ledger_fixture, "what was refused is not missing") {
  ledger.send(alice, bob);
  CHECK(arrives(take(1)));
  CHECK_FALSE(ledger.missing(alice, bob, 1));
}

TEST_CASE_FIXTURE(delivery_ledger_fixture,
                  "a message may arrive before its sender knows that "
                  "it was taken") {
  auto number = ledger.send(alice, bob);
  CHECK(arrives(number));
  ledger.taken(alice, bob, number, 1);
  CHECK_FALSE(ledger.missing(alice, bob, 1));
}
