// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/lp2p/identify.hpp"

namespace troupe {

/// How a connection of lp2p behaves. The times are CometBFT's.
struct lp2p_options {
  /// What we say about ourselves. The channels that it names are those on which
  /// messages are taken: all others are refused. If it names none, those count
  /// that `lp2p_session::accept` names.
  identify_info own = {};

  // -- what we send -----------------------------------------------------------

  /// Most messages of a channel that are under way at once, each on a stream of
  /// its own. CometBFT resets what comes beyond 64.
  size_t streams_per_channel = 32;

  /// Most streams whose opening the remote has not answered. CometBFT has 128
  /// of those, of all its peers.
  size_t unanswered_streams = 64;

  /// Most bytes of messages that are under way; a single one may exceed it.
  size_t outgoing_bytes = size_t{4} * 1024 * 1024;

  /// How long a message may not get on before its stream is reset.
  duration send_time = std::chrono::seconds{10};

  /// How often a message is sent again that the remote had no room for, and how
  /// long its channel waits before that: the time doubles.
  size_t repeats = 10;
  duration pause_min = std::chrono::milliseconds{20};
  duration pause_max = std::chrono::seconds{2};

  /// How long the remote may take to say what it is, and to answer a ping.
  duration identify_time = std::chrono::seconds{5};
  duration ping_time = std::chrono::seconds{5};

  // -- what we take -----------------------------------------------------------

  /// Most streams that the remote may have open at once: in total, for messages
  /// of one channel, and for pings. What comes beyond is reset.
  size_t inbound_streams = 256;
  size_t inbound_per_channel = 64;
  size_t inbound_pings = 2;

  /// Most bytes of messages that are arriving, by the lengths that they
  /// announce; a single one may exceed it. Others wait for their turn, and the
  /// remote has no more credit for their streams than at first.
  size_t incoming_bytes = size_t{64} * 1024 * 1024;

  /// How long a stream may take to say what it is for.
  duration negotiation_time = std::chrono::seconds{10};

  /// A message that is arriving has to grow by `progress_bytes`, or to be
  /// complete, within `progress_time`, or else its stream is reset.
  size_t progress_bytes = size_t{4} * 1024;
  duration progress_time = std::chrono::seconds{10};

  /// How long a stream for pings may be silent.
  duration ping_silence = std::chrono::seconds{60};

  /// How many streams in a row may be broken, by the remote's fault, before the
  /// connection ends.
  size_t broken_streams = 64;
};

} // namespace troupe
