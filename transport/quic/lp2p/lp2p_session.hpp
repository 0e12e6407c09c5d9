// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/quic/lp2p/lp2p_acceptor.hpp"
#include "troupe/transport/quic/lp2p/lp2p_inquiry.hpp"
#include "troupe/transport/quic/lp2p/lp2p_options.hpp"
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"
#include "troupe/transport/quic/lp2p/lp2p_sender.hpp"
#include "troupe/transport/quic/stream_action.hpp"

namespace troupe {

/// What CometBFT's lp2p does with the streams of a connection, once TLS has
/// proven who the remote is: asks it what it is, says what we are, and moves
/// messages, each on a stream of its own. Streams are byte pipes that somebody
/// else moves; all of them are bidirectional.
///
/// After each call, the owner does what `take_actions` returns, in this order,
/// and takes the rest: `take_inbound`, `take_sent`, `take_lost`. While
/// `wants_stream` holds and the remote lets us, it opens a stream and says so
/// with `opened`. It calls `tick` at `next_wakeup`.
///
/// What the owner has to know besides:
/// - Actions may be about streams that have ended meanwhile, and do nothing
///   then. Events of streams that the session has done with are ignored, and
///   each stream has a last one, `closed`.
/// - Credit is the stream's. The connection's is the owner's: it is to be given
///   as data is handed over, since data of messages that wait their turn would
///   keep it from those whose turn it is. What waits is thus bounded by the
///   first window of a stream and the number of streams.
/// - `sent` comes before what the remote answers to it.
class lp2p_session {
public:
  /// @param who `inbound` if the remote has dialed us: it tells whose a stream
  ///            is.
  /// @param source has to outlive this object.
  lp2p_session(lp2p_options options, direction who, entropy& source);

  // -- what happens to streams ------------------------------------------------

  /// What we want to open a stream for, if we do: the more urgent first.
  [[nodiscard]] std::optional<lp2p_protocol> wants_stream(time_point now) const;

  /// We have opened a stream, since `wants_stream` holds.
  void opened(stream_id stream, time_point now);

  /// Data of a stream has arrived, in order. The first of a stream of the
  /// remote's opens it.
  /// @param fin whether that is all that the remote sends.
  void received(stream_id stream, byte_view data, bool fin, time_point now);

  /// The remote has reset its sending part.
  void reset(stream_id stream, uint64_t code, time_point now);

  /// The remote reads no more of a stream.
  void stopped(stream_id stream);

  /// That many bytes of ours, from the first one, have left.
  void sent(stream_id stream, uint64_t total, time_point now);

  /// Both parts of a stream are done with.
  /// @param code with which one side gave up a part, if one did.
  void closed(stream_id stream, std::optional<uint64_t> code, time_point now);

  // -- what the node wants ----------------------------------------------------

  /// Opens channels for messages, once. Until then, messages wait.
  void accept(std::span<const channel_descriptor> channels, time_point now);

  /// Queues a message. What may be queued is for the caller to bound: see
  /// `take_sent`.
  void send(outbound_message message);

  /// Holds messages of a channel back, or does not any more. The remote's
  /// streams of other channels go on as long as it may open new ones.
  void hold(channel_id channel, bool held, time_point now);

  /// Asks the remote for a sign of life, unless that is under way.
  void ping() noexcept {
    inquiry_.ping();
  }

  // -- time -------------------------------------------------------------------

  void tick(time_point now);

  /// When `tick` is due, or `wants_stream` may have another answer; the maximum
  /// if never.
  [[nodiscard]] time_point next_wakeup(time_point now) const;

  // -- what comes of it -------------------------------------------------------

  [[nodiscard]] std::vector<stream_action> take_actions();

  /// Returns the messages that have arrived since the last call.
  [[nodiscard]] inbound_batch take_inbound() {
    return acceptor_.take_inbound();
  }

  /// Returns the cost of the messages that are on the wire since the last call,
  /// or lost, as a sum for each channel.
  [[nodiscard]] std::vector<channel_credit> take_sent() {
    return sender_.take_sent();
  }

  /// Returns the messages that were lost since the last call.
  [[nodiscard]] std::vector<lost_message> take_lost() {
    return sender_.take_lost();
  }

  /// Whether the remote has said what it is, or will not.
  [[nodiscard]] bool identified() const noexcept {
    return inquiry_.identified();
  }

  /// What the remote has said; null if it has not. `describe_lp2p_peer` makes a
  /// node info of it.
  [[nodiscard]] const identify_info* said() const noexcept {
    return inquiry_.said();
  }

  /// How long the last ping took that was answered, and how many were.
  [[nodiscard]] std::optional<duration> rtt() const noexcept {
    return inquiry_.rtt();
  }
  [[nodiscard]] uint64_t pongs() const noexcept {
    return inquiry_.pongs();
  }

  /// What of the remote's was refused, and how often we sent something again,
  /// of all times.
  [[nodiscard]] const lp2p_refusals& refusals() const noexcept {
    return acceptor_.refusals();
  }
  [[nodiscard]] uint64_t repeats() const noexcept {
    return sender_.repeats();
  }

  /// Why the connection has to end, or `none`.
  [[nodiscard]] errc error() const noexcept {
    return acceptor_.error();
  }

  /// Whether all that we had to say has arrived or is lost.
  [[nodiscard]] bool drained() const noexcept {
    return sender_.drained();
  }

  /// Bytes that are held for messages which are not complete, or wait.
  [[nodiscard]] size_t held_bytes() const {
    return acceptor_.held_bytes();
  }

private:
  void learn_channels();

  [[nodiscard]] bool is_ours(stream_id stream) const noexcept;

  bool dialed_;                                 // By us.
  std::unique_ptr<const lp2p_options> options_; // The parts refer to it.
  lp2p_inquiry inquiry_;
  lp2p_sender sender_;
  lp2p_acceptor acceptor_;
  bool channels_known_ = false;
};

} // namespace troupe
