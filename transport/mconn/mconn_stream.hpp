// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/mconn/flow_meter.hpp"
#include "troupe/transport/mconn/frame_reader.hpp"
#include "troupe/transport/mconn/frame_writer.hpp"
#include "troupe/transport/mconn/keepalive.hpp"
#include "troupe/transport/mconn/mconn_stream_options.hpp"
#include "troupe/transport/mconn/packet_decoder.hpp"
#include "troupe/transport/mconn/packet_scheduler.hpp"
#include "troupe/transport/mconn/progress_watch.hpp"
#include "troupe/transport/mconn/shared_rate.hpp"

namespace troupe {

/// An established MConnection without its socket: messages in, sealed bursts
/// out; sealed bytes in, messages out (spec p2p, "MConnection"). Composes the
/// packet scheduler, the frame cipher, keepalive, the rate limits and the watch
/// over messages that do not get on.
///
/// To send: `send` messages; while `burst_size` is not 0, make room for a burst
/// and `write_burst`. To receive: `receive`, then `take_inbound`. In between:
/// `tick` at `next_wakeup`.
class mconn_stream final : private packet_sink {
public:
  /// Frames of a full burst: a message of 64 KiB with room to spare. Passing a
  /// burst on takes as long as sealing several frames, however many it has; but
  /// nothing overtakes what is sealed.
  static constexpr size_t burst_frames = 80;

  /// Most bytes of a burst, sealed.
  static constexpr size_t burst_bytes = burst_frames * frame_sealed_size;

  /// Bursts that may be with the network at once: while it takes one, the next
  /// is being sealed.
  static constexpr size_t bursts_in_flight = 2;

  /// Largest `send_payload_max`: a packet that does not fit behind the others
  /// of a burst has to fit into the next.
  static constexpr size_t send_payload_limit = 16 * frame_chunk_max;

  /// @param rates of the node, which the stream takes its shares of.
  mconn_stream(const mconn_stream_options& options,
               std::span<const channel_descriptor> channels,
               frame_writer writer, frame_reader reader, time_point now,
               const node_rates& rates = {});

  // -- sending ----------------------------------------------------------------

  /// Queues a message. @returns `unknown_channel`, or `none`.
  [[nodiscard]] errc send(outbound_message message);

  /// Returns how many bytes the next burst takes once sealed, 0 if there is
  /// nothing to send or a rate limit forbids it.
  [[nodiscard]] size_t burst_size(time_point now) noexcept;

  /// Whether the next burst is as large as bursts get, or as the rate limit
  /// lets it be.
  [[nodiscard]] bool burst_is_full(time_point now) noexcept {
    return burst_size(now) >= frame_writer::sealed_size(packets_max(now));
  }

  /// Whether the next burst has a ping or a pong, which do not wait for others.
  [[nodiscard]] bool urgent() const noexcept {
    return ping_pending_ || keepalive_.pong_pending();
  }

  /// Fills `out`, of exactly `burst_size` bytes, with the next burst.
  /// @param sealed receives how many bytes of it to send.
  /// @returns `nonce_exhausted`, or `none`.
  [[nodiscard]] errc write_burst(byte_span out, time_point now, size_t& sealed);

  /// Whether bursts have taken everything that there was to send.
  [[nodiscard]] bool drained() const noexcept {
    return scheduler_.empty() && control_size() == 0;
  }

  /// Returns the cost of the messages that bursts have completed since the last
  /// call, as a sum for each channel.
  [[nodiscard]] std::vector<channel_credit> take_sent();

  /// Sends a ping with the next burst, which is not one of keepalive's.
  void ping() noexcept {
    ping_pending_ = true;
  }

  /// How long the remote takes to answer a ping, if it has answered one.
  [[nodiscard]] std::optional<duration> rtt() const noexcept {
    return keepalive_.rtt();
  }

  /// Sends a ping with the next burst, unless an answer is on its way already.
  void measure_rtt() noexcept {
    ping_pending_ = ping_pending_ || !keepalive_.awaits_pong();
  }

  // -- receiving --------------------------------------------------------------

  /// Takes bytes as they came from the network and opens them in place.
  /// @returns why the remote has to be disconnected, or `none`.
  [[nodiscard]] errc receive(byte_span sealed, time_point now);

  /// Takes plaintext that arrived behind the handshake.
  [[nodiscard]] errc receive_plaintext(byte_view plaintext, time_point now);

  /// Returns the messages that have arrived since the last call.
  [[nodiscard]] inbound_batch take_inbound();

  /// Takes bytes of which nothing is wanted any more.
  void ignore(size_t size, time_point now) noexcept;

  /// Returns how many messages on channels that are not open were dropped
  /// since the last call.
  [[nodiscard]] std::vector<channel_tally> take_skipped();

  /// Whether the rate limit lets us read now.
  [[nodiscard]] bool may_read(time_point now) noexcept {
    return recv_meter_.allowance(now) > 0;
  }

  // -- time -------------------------------------------------------------------

  /// Notes that we do not read because our side is busy, or that we do again.
  void set_paused(bool paused, time_point now) noexcept;

  /// @returns `peer_silent` if nothing was heard for too long,
  ///          `stalled_message` if a message of which a part has arrived does
  ///          not get on.
  [[nodiscard]] errc tick(time_point now) noexcept;

  /// When `tick`, `burst_size` or `may_read` may have a new answer without
  /// further events.
  [[nodiscard]] time_point next_wakeup(time_point now) noexcept;

  /// Bytes held for messages and packets that are not complete.
  [[nodiscard]] size_t buffered_bytes() const noexcept {
    return decoder_.buffered_bytes();
  }

  /// Bytes of memory that are set aside for those.
  [[nodiscard]] size_t held_bytes() const noexcept {
    return decoder_.held_bytes();
  }

private:
  static constexpr size_t burst_payload = burst_frames * frame_chunk_max;

  void on_ping() override;
  void on_pong() override;
  void on_skipped(channel_id channel) override;
  void on_message(channel_id channel, growing_bytes&& body) override;

  [[nodiscard]] size_t control_size() const noexcept;
  [[nodiscard]] size_t packets_max(time_point now) noexcept;
  void append_control(time_point now);
  size_t append_packets(time_point now);

  frame_writer writer_;
  frame_reader reader_;
  packet_scheduler scheduler_;
  packet_decoder decoder_;
  keepalive keepalive_;
  progress_watch halves_;
  flow_meter send_meter_;
  flow_meter recv_meter_;
  bool ping_pending_ = false;
  time_point read_at_; // When the bytes came that are being decoded.
  /// A packet that did not fit behind the others of its burst.
  bytes overhang_;
  std::vector<channel_credit> sent_;
  inbound_batch inbound_;
  size_t batch_size_ = 0; // Messages that were taken last.
  /// By channel; null if there are none, as with most remotes.
  std::unique_ptr<std::array<uint32_t, 256>> skipped_;
};

} // namespace troupe
