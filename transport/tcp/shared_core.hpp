// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace troupe {

// How CAF's I/O thread and its workers share a core when all cores are busy.
//
// By default the kernel lets the I/O thread in as soon as something arrives for
// one of its sockets, whatever a worker is in the middle of: with fifty peers
// that is ten thousand times a second, for a few bytes each, and switching
// costs as much as a quarter of a broadcast. So it waits for its turn instead,
// and finds all that has arrived until then; and so that its turn is not as far
// away as the kernel's tick, up to 4 ms, a worker that writes much offers it
// the core if something waits to be read from the same socket. Not otherwise:
// who yields loses the rest of his turn to whatever program shares the core.
// Where a core is idle, nothing of this matters.

/// Bytes that a worker writes between two looks: a quarter of a millisecond of
/// sealing and sending.
inline constexpr size_t core_offered_each = size_t{256} * 1024;

/// Says when a worker has written enough to look again.
class core_offers {
public:
  /// Notes that `bytes` were written. @returns whether that is so.
  [[nodiscard]] bool wrote(size_t bytes) noexcept {
    since_ += bytes;
    if (since_ < core_offered_each)
      return false;
    since_ = 0;
    return true;
  }

private:
  size_t since_ = 0;
};

/// Has the calling thread, the I/O thread, wait for its turn when it wakes up,
/// as `SCHED_BATCH` does. A thread to which somebody gave another policy than
/// the default keeps that. Cheap from the second call on.
void wait_for_turns() noexcept;

/// Notes that the calling worker has written `bytes` to a socket. @returns
/// whether to call `offer_core`.
[[nodiscard]] bool core_is_wanted(int fd, size_t bytes) noexcept;

/// Lets other threads have the core first.
void offer_core() noexcept;

} // namespace troupe
