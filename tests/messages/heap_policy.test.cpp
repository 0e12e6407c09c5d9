// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/heap_policy.hpp"

#include <string>

#include <doctest/doctest.h>

#ifdef __GLIBC__
#  include <malloc.h>
#endif

using namespace troupe;

#ifdef __GLIBC__

TEST_CASE("large blocks are given back, whatever was freed before") {
  keep_heap_small();
  // Under a sanitizer, it is another heap.
  if (mallinfo2().arena == 0)
    return;
  // More than any block that others have left free in the heap.
  const auto size = mallinfo2().fordblks + (size_t{2} << 20);
  { const std::string huge(2 * size, 'x'); }
  // Blocks that the system gets back at once.
  const auto before = mallinfo2().hblks;
  {
    const std::string large(size, 'x');
    CHECK(mallinfo2().hblks == before + 1);
  }
  CHECK(mallinfo2().hblks == before);
}

#endif
