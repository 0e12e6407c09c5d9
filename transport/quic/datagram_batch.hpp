// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/raw_bytes.hpp"

namespace troupe {

/// Datagrams that leave together, one behind the other: all of the same size,
/// but for the last one, which may be shorter. Kernels take that with one call.
struct datagram_batch {
  raw_bytes data;

  /// Size of each datagram but the last.
  size_t segment = 0;

  /// Calls `what` with each datagram.
  template <class Function>
  void each(Function what) const {
    for (size_t at = 0; at < data.size(); at += segment)
      what(byte_view{data}.subspan(at, std::min(segment, data.size() - at)));
  }
};

} // namespace troupe
