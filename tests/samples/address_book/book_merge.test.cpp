// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/address_book/book_merge.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "../crawl/made_up_nodes.hpp"
#include "troupe/peerstore/store/store_limits.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr wall_time now{std::chrono::hours{500'000}};
const node_id own = made_up(99).id;

stored_peer known(uint32_t number) {
  return {
      .id = made_up(number).id,
      .addresses
      = {{.address = made_up(number), .failures = 7, .last_success = now - 1h}},
      .score_milli = 1234};
}

book_entry elsewhere(uint32_t number, uint16_t port) {
  auto result = book_entry{.address = made_up(number)};
  result.address.port = port;
  return result;
}

} // namespace

TEST_CASE("what is imported joins what is stored, which wins") {
  auto again = book_entry{.address = made_up(1), .attempts = 1};
  auto fresh = book_entry{.address = made_up(2),
                          .attempts = 2,
                          .last_attempt = now - 1h,
                          .last_success = now - 2h};
  const auto merged = merge_book({known(1), known(3)},
                                 {again, elsewhere(1, 5), fresh}, own, now);
  CHECK(merged.fresh == 2);
  CHECK(merged.known == 1);
  CHECK(merged.refused == 0);
  // Nobody is written of whom nothing is new.
  REQUIRE(merged.changes.put.size() == 2);
  CHECK(merged.changes.erase.empty());
  const auto& first = merged.changes.put[0];
  CHECK(first.score_milli == 1234);
  REQUIRE(first.addresses.size() == 2);
  CHECK(first.addresses[0] == known(1).addresses[0]);
  CHECK(first.addresses[1].address.port == 5);
  CHECK(merged.changes.put[1]
        == stored_peer{.id = made_up(2).id,
                       .addresses = {{.address = made_up(2),
                                      .failures = 2,
                                      .last_success = now - 2h,
                                      .last_failure = now - 1h}}});
  CHECK(validate(merged.changes).code == errc::none);
}

TEST_CASE("our own address is not imported, nor more than is kept of a peer") {
  std::vector<book_entry> entries{{.address = made_up(99)}};
  for (uint16_t port = 1; port <= stored_addresses_max + 5; ++port)
    entries.push_back(elsewhere(1, port));
  const auto merged = merge_book({}, entries, own, now);
  CHECK(merged.refused == 6);
  CHECK(merged.fresh == stored_addresses_max);
  REQUIRE(merged.changes.put.size() == 1);
  CHECK(merged.changes.put[0].addresses.size() == stored_addresses_max);
}

TEST_CASE("a ban comes along with a peer that is new, while it lasts") {
  auto banned = book_entry{.address = made_up(1), .banned_until = now + 1h};
  auto free = book_entry{.address = made_up(2), .banned_until = now - 1h};
  auto friendly = elsewhere(3, 5);
  friendly.banned_until = now + 1h;
  const auto merged
      = merge_book({known(3)}, {banned, free, friendly}, own, now);
  REQUIRE(merged.changes.put.size() == 3);
  REQUIRE(merged.changes.put[0].ban);
  CHECK(merged.changes.put[0].ban->until == now + 1h);
  CHECK_FALSE(merged.changes.put[1].ban);
  CHECK_FALSE(merged.changes.put[2].ban);
}

TEST_CASE("peers that are banned or do not fit are not exported") {
  auto banned = known(1);
  banned.ban = stored_ban{now + 1h, "noise"};
  auto free = known(2);
  free.ban = stored_ban{now - 1h, "noise"};
  auto misfit = known(3);
  misfit.incompatible
      = stored_incompatibility{now, errc::wrong_network, "other"};
  auto tried = known(4);
  tried.addresses[0].last_failure = now;
  size_t left_out = 0;
  const auto book = to_book({banned, free, misfit, tried}, now, left_out);
  CHECK(left_out == 2);
  REQUIRE(book.size() == 2);
  CHECK(book[0].address == made_up(2));
  CHECK(book[0].attempts == 7);
  CHECK(book[0].last_attempt == now - 1h);
  CHECK(book[1].last_attempt == now);
  CHECK(book[1].last_success == now - 1h);
}
