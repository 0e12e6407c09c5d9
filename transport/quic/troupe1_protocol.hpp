// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"

namespace troupe {

// The words of `troupe/1`, which is written down in troupe-1.md.

/// Its name in TLS (ALPN).
inline constexpr std::string_view troupe1_protocol = "troupe/1";

/// Streams that each side lets the other open: one for control, and one for
/// each channel that there can be.
inline constexpr size_t troupe1_streams = 257;

/// Longest frame of a control stream behind the node info, in bytes.
inline constexpr size_t troupe1_frame_max = 1024;

/// Longest reason of a goodbye, in bytes; what is beyond is left out.
inline constexpr size_t troupe1_reason_max = 128;

/// Weight of the control stream against channels.
inline constexpr int troupe1_control_weight = 1000;

/// With what a connection is closed, in CONNECTION_CLOSE and in goodbyes.
enum class troupe1_code : uint64_t {
  /// There is nothing wrong.
  closed = 0,
  /// Not with this node: it does not fit, or is not wanted.
  refused = 1,
  /// The remote broke the rules of the protocol.
  violation = 2,
  /// It took more than it may have, or more than there is.
  limits = 3,
  /// It said nothing for too long, or did not get on.
  timeout = 4,
};

/// Returns the code that tells the remote of an error of ours.
troupe1_code to_troupe1(errc code);

/// What kinds of frames there are on a control stream. Others are ignored.
enum class troupe1_frame : uint8_t {
  goodbye = 1,
  ping = 2,
};

/// The last word of a side that has nothing more to say.
struct troupe1_goodbye {
  troupe1_code code = troupe1_code::closed;

  /// When to come back, at the earliest; zero: that is not said.
  std::chrono::seconds retry_after{0};

  /// For humans.
  std::string reason = {};

  /// How many channels it has sent on: the goodbye is complete when all of
  /// those streams have come to their end.
  uint64_t streams = 0;
};

/// Returns a frame without its length:
///
///     kind    : 01
///     streams : uvarint
///     code    : uvarint
///     wait    : uvarint     seconds
///     reason  : the rest, at most `troupe1_reason_max` bytes
bytes encode_goodbye(const troupe1_goodbye& what);

/// Reads what `encode_goodbye` writes; nothing if it is none.
std::optional<troupe1_goodbye> decode_goodbye(byte_view frame);

} // namespace troupe
