// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/shared_core.hpp"

#include <poll.h>
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

bool core_is_wanted(int fd, size_t bytes) noexcept {
  thread_local core_offers offers;
  if (!offers.wrote(bytes))
    return false;
  auto input = pollfd{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&input, 1, 0) > 0;
}

void offer_core() noexcept {
  static_cast<void>(sched_yield());
}

} // namespace troupe
