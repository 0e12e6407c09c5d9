// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/raw_bytes.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("new bytes keep what is in memory, explicit ones do not") {
  raw_bytes data(3, std::byte{7});
  data.clear();
  data.resize(3);
  CHECK(data[2] == std::byte{7});
  data.resize(5, std::byte{1});
  CHECK(data[4] == std::byte{1});
  auto copy = data;
  CHECK(copy == data);
}

TEST_CASE("large buffers use blocks again") {
  { raw_bytes first(raw_block_min); }
  const auto free = free_raw_blocks();
  REQUIRE(free > 0);
  const std::byte* where = nullptr;
  {
    raw_bytes large(raw_block_size, std::byte{7});
    where = large.data();
    CHECK(free_raw_blocks() == free - 1);
    auto moved = std::move(large);
    CHECK(moved.data() == where);
  }
  CHECK(free_raw_blocks() == free);
  raw_bytes smaller(raw_block_min);
  CHECK(smaller.data() == where);
  CHECK(free_raw_blocks() == free - 1);
}

TEST_CASE("small and very large buffers are none of them") {
  const auto free = free_raw_blocks();
  {
    raw_bytes small(raw_block_min - 1);
    raw_bytes huge(raw_block_size + 1);
    CHECK(free_raw_blocks() == free);
  }
  CHECK(free_raw_blocks() == free);
}

TEST_CASE("the number of blocks that are kept is bounded") {
  {
    std::vector<raw_bytes> many;
    for (size_t i = 0; i < 2 * raw_blocks_kept; ++i)
      many.emplace_back(raw_block_min);
    CHECK(free_raw_blocks() == 0);
  }
  CHECK(free_raw_blocks() == raw_blocks_kept);
}
