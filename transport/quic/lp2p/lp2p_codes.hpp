// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace troupe {

/// Why a stream is reset or not read any further, in RESET_STREAM and
/// STOP_SENDING (libp2p spec, "Error Codes").
struct lp2p_stream_code {
  static constexpr uint64_t none = 0;
  static constexpr uint64_t negotiation_failed = 0x1001;
  /// The remote has as many streams as it takes: the message is lost, and may
  /// be sent again, more slowly.
  static constexpr uint64_t resource_limit = 0x1002;
  static constexpr uint64_t rate_limited = 0x1003;
  static constexpr uint64_t protocol_violation = 0x1004;
};

/// Why a connection is closed, in CONNECTION_CLOSE. Not the same numbers.
struct lp2p_close_code {
  static constexpr uint64_t none = 0;
  static constexpr uint64_t negotiation_failed = 0x1000;
  static constexpr uint64_t resource_limit = 0x1001;
  static constexpr uint64_t rate_limited = 0x1002;
  static constexpr uint64_t protocol_violation = 0x1003;
  static constexpr uint64_t shutdown = 0x1006;
  static constexpr uint64_t gated = 0x1007;
};

} // namespace troupe
