// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_buffer.hpp"
#include "troupe/tests/harness/sim_cargo.hpp"
#include "troupe/tests/harness/sim_link.hpp"

namespace troupe::testing {

/// One direction of a simulated connection, as TCP would carry it:
///
///     write -> send buffer -> segments in flight -> receive window -> read
///                                  <- acknowledgements, window
///
/// Bytes stay in the send buffer until they are acknowledged. At most the
/// window that the reader last announced is in flight. Packets on a blocked
/// link, and to a silent reader, are lost and sent again; whoever ends that
/// calls `retransmit`. A writer whose packets nobody answers for the link's
/// `give_up` ends.
///
/// Everything that happens comes out of `advance`, one step at a time, and
/// nothing happens between the calls: after each call to any function, the
/// next step is due at `next_event`.
class sim_pipe {
public:
  /// What became of the host, or the socket, that data arrives at.
  enum class reader : uint8_t {
    /// Takes data.
    present,
    /// Is switched off, and answers nothing.
    silent,
    /// Knows no such connection, and says so.
    gone,
  };

  /// Something that happened.
  struct step {
    enum class kind : uint8_t {
      /// The first packet arrived.
      opened,
      /// There are bytes to read.
      bytes,
      cargo,
      /// No more data comes.
      finished,
      /// The writer, or the writer's host, aborted the connection.
      reset,
      /// Data arrived where nobody knows the connection.
      rejected,
      /// After a short write, there is space again.
      space,
      /// The writer gave up.
      gave_up,
    };

    kind what;
    size_t size = 0;
    uint64_t hash = 0;
    sim_cargo cargo = {};
  };

  /// Both links have to outlive the pipe. @param back carries the
  /// acknowledgements.
  sim_pipe(sim_link& there, sim_link& back) : there_(&there), back_(&back) {}

  // -- writing ----------------------------------------------------------------

  /// Sends the first packet, which says that there is a connection.
  void open(time_point now, sim_random& random);

  /// @returns how many bytes fit into the send buffer. If less than all, a step
  ///          `space` follows.
  size_t write(byte_view data, time_point now, sim_random& random);

  /// Sends something as a whole, past buffers and windows.
  void post(sim_cargo cargo, time_point now, sim_random& random);

  /// Ends the direction behind everything that was written.
  void finish(time_point now, sim_random& random);

  /// Drops what is not yet on its way and aborts behind what is.
  void reset(time_point now, sim_random& random);

  /// Drops what is not yet on its way: the writer's host is gone.
  void drop_unsent();

  /// Drops everything but what waits to be read. Nothing happens any more.
  void cut();

  // -- reading ----------------------------------------------------------------

  /// Takes at most `count` of the bytes that have arrived.
  bytes read(size_t count, time_point now, sim_random& random);

  /// Bytes that have arrived and wait to be read.
  [[nodiscard]] size_t readable() const {
    return received_.size();
  }

  /// Whether everything has arrived.
  [[nodiscard]] bool finished() const {
    return finished_;
  }

  /// Whether everything has arrived and is read.
  [[nodiscard]] bool at_end() const {
    return finished_ && received_.empty();
  }

  void set_reader(reader what);

  // -- time -------------------------------------------------------------------

  /// When `advance` has something to do.
  [[nodiscard]] std::optional<time_point> next_event() const;

  /// Does one thing that is due. @returns nothing once nothing is.
  std::optional<step> advance(time_point now, sim_random& random);

  /// Sends again what was lost. For when a link heals or a reader returns.
  void retransmit(time_point now, sim_random& random);

private:
  struct segment {
    step::kind what;
    bytes data = {};
    sim_cargo cargo = {};
    time_point arrival = {};
  };

  struct ack {
    time_point arrival;
    size_t segments;
    size_t bytes;
    uint64_t consumed;
  };

  [[nodiscard]] bool lossy() const {
    return there_->blocked() || reader_ == reader::silent;
  }

  [[nodiscard]] size_t window() const;
  [[nodiscard]] size_t space() const;
  [[nodiscard]] bool stuck() const;
  [[nodiscard]] std::optional<time_point> deadline() const;
  void transmit(time_point now, sim_random& random);
  void launch(segment what, size_t size, time_point now, sim_random& random);
  void acknowledge(size_t segments, size_t size, time_point now,
                   sim_random& random);
  void collect_acks(time_point now, sim_random& random);
  step arrive(time_point now, sim_random& random);
  std::optional<step> expire(time_point now);

  sim_link* there_;
  sim_link* back_;

  // -- the writer's side ------------------------------------------------------
  sim_buffer unsent_;
  bool finishing_ = false;    // An end has to follow what is unsent.
  bool writer_ended_ = false; // Nothing more may be written.
  bool writer_waits_ = false; // A write was cut short.
  bool resetting_ = false;    // A reset was sent.
  size_t unacked_ = 0;        // Bytes in flight or not yet acknowledged.
  size_t outstanding_ = 0;    // Segments likewise.
  uint64_t sent_ = 0;         // Bytes that were ever sent.
  uint64_t granted_ = 0;      // Bytes that the reader said it consumed.
  time_point progress_ = time_point::min(); // The last answer, or since when
                                            // one is expected.
  time_point last_arrival_ = time_point::min(); // Segments arrive in order.

  // -- in between -------------------------------------------------------------
  std::deque<segment> flight_;
  std::deque<ack> acks_;

  // -- the reader's side ------------------------------------------------------
  sim_buffer received_;
  reader reader_ = reader::present;
  bool finished_ = false;
  uint64_t consumed_ = 0;  // Bytes that were ever read.
  uint64_t announced_ = 0; // What the writer was told about that.
};

} // namespace troupe::testing
