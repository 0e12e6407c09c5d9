// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe {

/// Has the heap give large blocks back to the system as soon as they are free,
/// and keep little of the rest. To be called at the start of a program.
///
/// Of its own accord, glibc takes ever larger blocks from the heap once such
/// blocks were freed. Decoded messages of megabytes then leave holes in the
/// heap of each thread, which the process keeps. This sets its thresholds for
/// good, and does nothing with other C libraries. A node does not do it: the
/// heap is its program's.
void keep_heap_small();

} // namespace troupe
