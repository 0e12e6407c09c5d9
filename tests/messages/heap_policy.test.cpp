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
  constexpr size_t mib = size_t{1} << 20;
  { const std::string huge(16 * mib, 'x'); }
  // Blocks that the system gets back at once.
  const auto before = mallinfo2().hblks;
  {
    const std::string large(2 * mib, 'x');
    CHECK(mallinfo2().hblks == before + 1);
  }
  CHECK(mallinfo2().hblks == before);
}

#endif
