// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "troupe/messages/errc.hpp"

namespace troupe {

/// What became of an attempt to read or write.
struct io_result {
  /// Bytes read or written; 0 if the socket was not ready.
  size_t count = 0;
  /// The connection is over: `connection_closed`, and the context says why if
  /// it was not the remote's decision.
  failure ended = {};
};

/// What the network says about the remote, whatever is left to read.
enum class hangup {
  none,
  /// It sends nothing more.
  half,
  /// The connection is gone in both directions, or broken.
  full,
};

/// What a look for waiting connections found.
enum class accept_status {
  accepted,
  /// Nobody is waiting.
  drained,
  /// The connection was gone before we took it. Try again at once.
  aborted,
  /// The process or the machine is out of descriptors or memory. Trying again
  /// at once would spin.
  exhausted,
  /// The listening socket is no longer one.
  closed,
};

} // namespace troupe
