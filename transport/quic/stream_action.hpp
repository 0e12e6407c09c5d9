// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/shared_bytes.hpp"

namespace troupe {

/// Number of a stream of a QUIC connection (RFC 9000, 2.1).
using stream_id = int64_t;

/// What a protocol over QUIC wants done to a stream. Writes to one stream are
/// done in their order.
struct stream_write {
  stream_id stream = 0;

  /// Two pieces, one behind the other. The second may be null.
  bytes head = {};
  shared_bytes body = {};

  /// Whether nothing more is to be sent on the stream.
  bool fin = false;
};

/// Ends the sending part, with what it still has (RESET_STREAM).
struct stream_reset {
  stream_id stream = 0;
  uint64_t code = 0;
};

/// Asks the remote to send no more (STOP_SENDING). What still arrives on the
/// stream is dropped.
struct stream_stop {
  stream_id stream = 0;
  uint64_t code = 0;
};

/// Lets the remote send that many bytes more on the stream (MAX_STREAM_DATA).
struct stream_credit {
  stream_id stream = 0;
  size_t size = 0;
};

using stream_action
    = std::variant<stream_write, stream_reset, stream_stop, stream_credit>;

} // namespace troupe
