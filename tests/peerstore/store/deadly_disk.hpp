// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace troupe::test {

/// Puts itself between SQLite and the disk. Kills the process (SIGKILL) with
/// the `fatal`-th thing that is done to a file: before it, or, if that is a
/// write, when a part of it is written. 0 never does.
void install_deadly_disk(uint64_t fatal);

/// Number of times that a log (`-wal`) was synchronized to the disk.
uint64_t logs_synchronized();

} // namespace troupe::test
