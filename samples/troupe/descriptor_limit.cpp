// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/descriptor_limit.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace troupe::command {

size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return 0;
  // Where there is none, some systems take no more than they can count.
  constexpr rlim_t plenty = 1'048'576;
  const auto wanted
      = std::min(limit.rlim_max, std::max(limit.rlim_cur, plenty));
  if (wanted > limit.rlim_cur) {
    auto raised = limit;
    raised.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
      limit = raised;
  }
  return static_cast<size_t>(limit.rlim_cur);
}

} // namespace troupe::command
