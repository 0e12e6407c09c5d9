// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/shared_core.hpp"

#include <sched.h>

namespace troupe {

void wait_for_turns() noexcept {
#ifdef SCHED_BATCH
  thread_local bool done = false;
  if (done)
    return;
  done = true;
  if (sched_getscheduler(0) != SCHED_OTHER)
    return;
  const auto usual = sched_param{};
  // Where that is forbidden, all goes on as before.
  static_cast<void>(sched_setscheduler(0, SCHED_BATCH, &usual));
#endif
}

void offer_core(size_t bytes) noexcept {
  thread_local core_offers offers;
  if (offers.wrote(bytes))
    static_cast<void>(sched_yield());
}

} // namespace troupe
