// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/small_blocks.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/messages/sanitized.hpp"

using namespace troupe;

TEST_CASE("a block that came back is the next of its size") {
  if (sanitized) {
    MESSAGE("skipped: a sanitizer has to see each block that is released");
    return;
  }
  std::thread{[] {
    auto* first = allocate_small(100);
    std::fill_n(first, 100, std::byte{1});
    free_small(first, 100);
    CHECK(free_small_bytes() == small_block_size(100));
    auto* larger = allocate_small(small_block_size(100) + 1);
    CHECK(larger != first);
    CHECK(allocate_small(small_block_size(100)) == first);
    CHECK(free_small_bytes() == 0);
    free_small(first, small_block_size(100));
    free_small(larger, small_block_size(100) + 1);
    CHECK(free_small_bytes() == 2 * small_block_size(100) + small_block_step);
  }}.join();
}

TEST_CASE(
    "a thread keeps a bounded number of free bytes, and no large blocks") {
  std::thread{[] {
    free_small(allocate_small(small_block_max + 1), small_block_max + 1);
    free_small(allocate_small(0), 0);
    CHECK(free_small_bytes() == 0);
    constexpr size_t many = 2 * small_blocks_kept / small_block_max;
    std::vector<std::byte*> blocks;
    for (size_t i = 0; i < many; ++i)
      blocks.push_back(allocate_small(small_block_max));
    for (auto* block : blocks)
      free_small(block, small_block_max);
    CHECK(free_small_bytes() == (sanitized ? 0 : small_blocks_kept_of_size));
    // Another size has room, until all have taken it.
    for (size_t size = small_block_step; size < small_block_max;
         size += small_block_step) {
      blocks.assign(many, nullptr);
      for (auto& block : blocks)
        block = allocate_small(size);
      for (auto* block : blocks)
        free_small(block, size);
    }
    CHECK(free_small_bytes() <= small_blocks_kept);
    CHECK(free_small_bytes() >= (sanitized ? 0 : small_blocks_kept / 2));
  }}.join();
}

TEST_CASE("blocks may come back on another thread, and while one ends") {
  struct last_words {
    std::byte* block = nullptr;
    ~last_words() {
      free_small(block, 64);
    }
  };
  auto* block = allocate_small(64);
  std::thread{[block] {
    // Goes after what the thread keeps.
    thread_local last_words late;
    late.block = allocate_small(64);
    free_small(block, 64);
    free_small(allocate_small(1), 1);
  }}.join();
}

TEST_CASE("containers take such blocks") {
  std::vector<int, small_allocator<int>> numbers(10, 7);
  numbers.resize(10'000, 8);
  CHECK(numbers.front() == 7);
  CHECK(numbers.back() == 8);
}
