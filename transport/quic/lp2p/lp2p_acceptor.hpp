// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/growing_bytes.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/messages/uvarint.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/quic/lp2p/lp2p_options.hpp"
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"
#include "troupe/transport/quic/lp2p/multistream.hpp"
#include "troupe/transport/quic/stream_action.hpp"

namespace troupe {

/// Why messages of a remote did not arrive.
struct lp2p_refusals {
  /// Larger than their channel takes, or of a channel that is not open.
  uint64_t unfit = 0;

  /// More at once than the limits say.
  uint64_t too_many = 0;

  /// Cut off, reset by the remote, or not getting on.
  uint64_t unfinished = 0;

  /// Streams without a proper negotiation.
  uint64_t malformed = 0;

  friend bool operator==(const lp2p_refusals&, const lp2p_refusals&) = default;
};

/// The streams that the remote has opened: says what we are, sends pings back,
/// and collects messages. The wire format of the latter, behind the
/// negotiation, is
///
///     length : uvarint
///     body   : length bytes, and whatever follows is ignored
///
/// and what a stream of a message goes through:
///
///     negotiating --> length --> waiting --> arriving --> delivered
///          |             |          |           |
///          +-------------+----------+-----------+--> reset
///
/// A message waits while its channel is held, or not open yet, or while those
/// that are arriving take all the room. Until its turn has come, its stream
/// gets no credit, so that it has no more than the stream's first window. A
/// message whose turn has come can always become complete, and one that does
/// not get on is reset: nobody waits for ever.
class lp2p_acceptor {
public:
  /// @param options have to outlive this object.
  explicit lp2p_acceptor(const lp2p_options& options);

  /// Opens channels, once. Those that the remote has messages for, but that are
  /// not among them, are reset.
  void accept(std::span<const channel_descriptor> channels, time_point now);

  // -- what happens to streams ------------------------------------------------

  /// Data has arrived: the first of a stream opens it.
  /// @param fin whether that is all that the remote sends.
  void received(stream_id stream, byte_view data, bool fin, time_point now);

  /// The remote has reset its sending part.
  void reset(stream_id stream, time_point now);

  /// The remote reads no more of a stream.
  void stopped(stream_id stream);

  /// That many bytes of ours, from the first one, have left.
  void sent(stream_id stream, uint64_t total);

  /// Nothing more comes of a stream.
  void closed(stream_id stream, time_point now);

  // -- what comes of it -------------------------------------------------------

  /// Holds messages of a channel back, or does not any more.
  void hold(channel_id channel, bool held, time_point now);

  void tick(time_point now);

  /// When `tick` is due; the maximum if never.
  [[nodiscard]] time_point next_wakeup() const;

  [[nodiscard]] std::vector<stream_action> take_actions();

  [[nodiscard]] inbound_batch take_inbound();

  /// What was refused, of all times.
  [[nodiscard]] const lp2p_refusals& refusals() const noexcept {
    return refusals_;
  }

  /// Why the connection has to end, or `none`: `rate_limited`.
  [[nodiscard]] errc error() const noexcept {
    return error_;
  }

  /// Bytes that are held for messages which are not complete, or wait.
  [[nodiscard]] size_t held_bytes() const;

  /// Streams that are open.
  [[nodiscard]] size_t streams() const noexcept {
    return streams_.size();
  }

private:
  struct stream_state {
    multistream_acceptor negotiation = {};
    std::optional<lp2p_protocol> protocol = {};

    // Of a message.
    uvarint_decoder length = {};
    std::optional<uint64_t> size = {};
    growing_bytes body = {};
    bool admitted = false;
    size_t progress_mark = 0;

    // Of pings.
    bytes block = {};
    uint64_t sent = 0;

    /// What has arrived and gets no credit yet.
    size_t owed = 0;
    bool fin = false;
    time_point deadline = {};
  };

  using stream_map = std::map<stream_id, stream_state>;
  using iterator = stream_map::iterator;

  iterator find_or_open(stream_id stream, time_point now);

  // Those that return a boolean say whether the stream is still there.

  bool negotiate(iterator i, byte_view& data, time_point now);
  bool begin(iterator i, time_point now);
  bool answer_identify(iterator i);
  bool echo(iterator i, byte_view data, time_point now);
  bool read_message(iterator i, byte_view data, time_point now);
  bool read_length(iterator i, byte_view& data);
  bool check_size(iterator i);
  bool finish(iterator i);

  void admit_waiting(time_point now);
  bool admit(iterator i, time_point now);
  void deliver(iterator i);
  void give_credit(iterator i);
  void drop(iterator i, uint64_t code, uint64_t& count, bool broken);
  void close(iterator i);
  void forget(iterator i);

  const lp2p_options& options_;
  std::bitset<256> available_;
  bool all_available_ = false; // Until channels are open.
  bool accepting_ = false;
  std::map<channel_id, size_t> capacities_;
  std::bitset<256> held_;

  stream_map streams_;
  std::set<stream_id> done_; // Those that are not closed yet.
  std::array<size_t, 256> message_streams_ = {};
  size_t pings_ = 0;
  std::vector<stream_id> waiting_; // In the order in which their turn comes.
  size_t admitted_bytes_ = 0;

  std::vector<stream_action> actions_;
  inbound_batch inbound_;
  lp2p_refusals refusals_;
  size_t broken_ = 0;
  errc error_ = errc::none;
};

} // namespace troupe
