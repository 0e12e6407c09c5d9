// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/remote/receipts.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("one receipt at a time says what has arrived") {
  receipts uut;
  std::vector<size_t> arrived;
  auto note = [&arrived](size_t size) { arrived.push_back(size); };
  CHECK(uut.sent(1));
  // What follows is behind the receipt that was asked for.
  CHECK_FALSE(uut.sent(2));
  CHECK_FALSE(uut.sent(3));
  CHECK(uut.came(note));
  CHECK(arrived == std::vector<size_t>{1});
  CHECK_FALSE(uut.sent(4));
  CHECK(uut.came(note));
  CHECK(arrived == std::vector<size_t>{1, 2, 3});
  CHECK_FALSE(uut.came(note));
  CHECK(arrived == std::vector<size_t>{1, 2, 3, 4});
  // Whatever comes after a pause is asked for at once.
  CHECK(uut.sent(5));
  CHECK_FALSE(uut.came(note));
  CHECK(arrived.size() == 5);
}
