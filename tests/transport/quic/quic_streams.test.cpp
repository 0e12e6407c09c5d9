// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_streams.hpp"

#include <array>
#include <chrono>
#include <memory>

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

bytes of(size_t size, int value) {
  return bytes(size, static_cast<std::byte>(value));
}

shared_bytes share(bytes data) {
  return shared_bytes{data};
}

constexpr auto start = time_point{1h};

} // namespace

TEST_CASE("an outbox keeps bytes in place until they are acknowledged") {
  stream_outbox uut;
  CHECK_FALSE(uut.waits());
  uut.add(of(3, 1), share(of(5, 2)));
  uut.add(of(0, 3), {});
  uut.add(of(2, 4), {});
  std::array<byte_view, 8> pieces;
  REQUIRE(uut.next(pieces) == 3);
  const auto* first = pieces[0].data();
  uut.sent(4, false);
  CHECK(uut.unsent() == 6);
  CHECK(uut.unacknowledged() == 4);
  uut.add(of(1000, 5), {});
  CHECK(*first == std::byte{1});
  REQUIRE(uut.next(pieces) == 3);
  CHECK(pieces[0].size() == 4);
  CHECK(pieces[0][0] == std::byte{2});
  uut.acknowledged(3);
  uut.acknowledged(1);
  CHECK(uut.unacknowledged() == 0);
  uut.sent(1006, false);
  CHECK_FALSE(uut.waits());
  CHECK(uut.total_sent() == 1010);
  uut.finish();
  CHECK(uut.waits());
  CHECK(uut.ends_with(0));
  CHECK(uut.next(pieces) == 0);
  uut.sent(0, true);
  CHECK_FALSE(uut.waits());
  uut.acknowledged(1006);
}

TEST_CASE("streams take turns by their weights") {
  quic_streams uut{1'000'000};
  uut.add(2, 1);
  uut.add(6, 4);
  CHECK_FALSE(uut.next(start));
  uut.write({.stream = 2, .body = share(of(100'000, 1))});
  uut.write({.stream = 6, .body = share(of(100'000, 1))});
  for (int i = 0; i < 50; ++i)
    uut.sent(*uut.next(start), 1000, false);
  CHECK(uut.outbox(2).total_sent() == 10'000);
  CHECK(uut.outbox(6).total_sent() == 40'000);
  CHECK(uut.unsent() == 150'000);
  SUBCASE("one that is blocked is left out until something arrives") {
    uut.block(6);
    CHECK(uut.next(start) == 2);
    uut.write({.stream = 6, .body = share(of(10, 1))});
    for (int i = 0; i < 20; ++i)
      uut.sent(*uut.next(start), 1000, false);
    CHECK(uut.next(start) == 2);
    uut.unblock();
    CHECK(uut.next(start) == 6);
  }
  SUBCASE("what was sent long ago counts less and less") {
    CHECK(uut.next(start + 10min) == 2);
    uut.sent(2, 1, false);
    CHECK(uut.next(start + 10min) == 6);
  }
  SUBCASE("nothing is left of one that is given up") {
    uut.abandon(6);
    CHECK(uut.unsent() == 90'000);
    CHECK(uut.unacknowledged() == 10'000);
    CHECK(uut.next(start) == 2);
    uut.acknowledged(6, 40'000);
    uut.write({.stream = 6, .body = share(of(10, 1))});
    CHECK(uut.unsent() == 90'000);
    uut.remove(2);
    CHECK_FALSE(uut.next(start));
  }
}

TEST_CASE("streams of a group take turns as one, however many new ones there "
          "are") {
  quic_streams uut{1'000'000};
  uut.add(0, 4, 1);
  uut.write({.stream = 0, .body = share(of(100'000, 1))});
  stream_id last = 0;
  for (int i = 0; i < 50; ++i) {
    uut.add(last += 4, 1, 2);
    uut.write({.stream = last, .body = share(of(1000, 1))});
    uut.sent(*uut.next(start), 1000, false);
  }
  CHECK(uut.outbox(0).total_sent() == 40'000);
  SUBCASE("also when all that have sent are over") {
    for (stream_id i = 4; i <= 10 * 4; i += 4)
      uut.remove(i);
    CHECK(uut.next(start) == 0);
    uut.sent(0, 1, false);
    CHECK(uut.next(start) == 44);
  }
}

TEST_CASE("what is not acknowledged is bounded") {
  quic_streams uut{5000};
  uut.add(2, 1);
  uut.write({.stream = 2, .body = share(of(100'000, 1))});
  uut.sent(2, 5000, false);
  CHECK_FALSE(uut.next(start));
  uut.acknowledged(2, 1);
  CHECK(uut.next(start) == 2);
}
