// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/transport/mconn/strobe.hpp"

namespace troupe {

/// A Merlin transcript: a running hash over labelled messages, from which both
/// sides of a protocol draw the same challenges if they saw the same messages.
class merlin_transcript {
public:
  /// @param protocol separates the transcripts of different protocols.
  explicit merlin_transcript(std::string_view protocol);

  /// Absorbs `message` under `label`.
  void append(std::string_view label, byte_view message);

  /// Fills `out` with bytes that depend on all messages so far and, through
  /// the length, on how many are asked for.
  void challenge(std::string_view label, byte_span out);

  /// The sponge below, for known answers.
  [[nodiscard]] const strobe& sponge() const noexcept {
    return strobe_;
  }

private:
  strobe strobe_;
};

} // namespace troupe
