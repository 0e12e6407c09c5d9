// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/inbound_window.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/transport/mconn/packets.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Messages of one size each, which tell their order.
inbound_batch messages(size_t first, size_t count, size_t size) {
  inbound_batch result;
  for (size_t i = first; i < first + count; ++i)
    result.push_back({static_cast<channel_id>(i), patterned(size)});
  return result;
}

std::vector<size_t> numbers(const inbound_batch& batch) {
  std::vector<size_t> result;
  for (const auto& message : batch)
    result.push_back(message.channel);
  return result;
}

} // namespace

TEST_CASE("a reader gets what fits its window, and the rest as it gives room "
          "back, in order") {
  inbound_window uut;
  const auto each = read_cost(200'000);
  // The third one is more than fits.
  CHECK(numbers(uut.take(messages(0, 2, 200'000)))
        == std::vector<size_t>{0, 1});
  CHECK(uut.open());
  CHECK(numbers(uut.take(messages(2, 3, 200'000))) == std::vector<size_t>{2});
  CHECK_FALSE(uut.open());
  CHECK(uut.held() == 5 * each);
  CHECK(uut.take({}).empty());
  uut.give_back(each, each);
  CHECK(numbers(uut.take(messages(5, 1, 10))) == std::vector<size_t>{3});
  CHECK(uut.held() == 4 * each + read_cost(10));
  uut.give_back(3 * each, 3 * each);
  CHECK(numbers(uut.take(messages(6, 1, 10))) == std::vector<size_t>{4, 5, 6});
  CHECK(uut.open());
  uut.give_back(each + 2 * read_cost(10), each + 2 * read_cost(10));
  CHECK(uut.held() == 0);
}

TEST_CASE("a window is one in messages, too") {
  inbound_window uut;
  const auto count = connection_read_messages + 10;
  CHECK(uut.take(messages(0, count, 1)).size() == connection_read_messages);
  CHECK_FALSE(uut.open());
}

TEST_CASE("all of it can be had at once") {
  inbound_window uut;
  CHECK(uut.take(messages(0, 10, 200'000)).size() == 3);
  CHECK(uut.take(messages(10, 1, 1), SIZE_MAX).size() == 8);
}

TEST_CASE("room may come back before the memory, and a charge takes both") {
  inbound_window uut;
  CHECK(uut.take(messages(0, 1, 100)).size() == 1);
  uut.give_back(read_cost(100), 0);
  CHECK(uut.held() == read_cost(100));
  uut.charge(connection_read_window);
  CHECK_FALSE(uut.open());
  CHECK(uut.held() == read_cost(100) + connection_read_window);
  // No more than there was.
  uut.give_back(SIZE_MAX, SIZE_MAX);
  CHECK(uut.open());
  CHECK(uut.held() == 0);
}
