// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/heap_policy.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#  include <malloc.h>
#endif

namespace troupe {

void keep_heap_small() {
#ifdef __GLIBC__
  constexpr int large_block = 1024 * 1024;
  // What is free at the end of the heap; to ask the system for it again and
  // again takes time.
  constexpr int kept_max = 8 * large_block;
  mallopt(M_MMAP_THRESHOLD, large_block);
  mallopt(M_TRIM_THRESHOLD, kept_max);
#endif
}

} // namespace troupe
