// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/raw_bytes.hpp"
#include "troupe/transport/quic/datagram_batch.hpp"
#include "troupe/transport/quic/quic_connection.hpp"

namespace troupe {

/// What a port and one of its connections have for each other: datagrams that
/// came, datagrams that go, and what the port has to know. Bounded both ways.
/// Beside it, they only wake each other up.
///
/// Each end is used by one thread at a time.
class quic_line {
public:
  /// Most that the connection has not read, in bytes of datagrams and
  /// `datagram_cost` for each. What is beyond that is lost, as if the network
  /// had lost it.
  static constexpr size_t unread_max = size_t{512} * 1024;
  static constexpr size_t datagram_cost = 128;

  /// The connection gives no more while the port has this much to send.
  static constexpr size_t unsent_max = size_t{120} * 1024;

  /// Datagrams in the order in which they came.
  class received {
  public:
    /// Calls `what` with each datagram.
    template <class Function>
    void each(Function what) const {
      size_t at = 0;
      for (auto size : sizes_) {
        what(byte_view{data_}.subspan(at, size));
        at += size;
      }
    }

    [[nodiscard]] bool empty() const noexcept {
      return sizes_.empty();
    }

  private:
    friend class quic_line;

    raw_bytes data_;
    std::vector<uint32_t> sizes_;
  };

  /// What the connection has for the port.
  struct parcel {
    /// Changes of the IDs that lead to the connection. They come before the
    /// datagrams.
    quic_ids ids = {};
    std::deque<datagram_batch> batches = {};

    /// The remote has shown that it is where it says it is.
    bool validated = false;

    /// Whoever still sends to the connection when it is gone gets this; empty
    /// if there is nothing to say. Once set, it comes each time.
    bytes farewell = {};
  };

  // -- the port's end ---------------------------------------------------------

  /// Leaves a datagram for the connection.
  /// @returns whether the connection has to be woken up.
  [[nodiscard]] bool deliver(byte_view datagram);

  /// Takes what the connection has.
  [[nodiscard]] parcel take();

  /// Bytes of batches are done with.
  /// @returns whether the connection waits for that.
  [[nodiscard]] bool written(size_t size);

  /// Whether what the port takes from now on is the last.
  [[nodiscard]] bool finished() const;

  // -- the connection's end ---------------------------------------------------

  /// Takes the datagrams that came.
  [[nodiscard]] received take_received();

  /// What counts against `unread_max`.
  [[nodiscard]] size_t unread() const;

  /// Whether there is room for more to send. If not, the port will say when.
  [[nodiscard]] bool has_room();

  /// Leaves datagrams for the port.
  /// @returns whether the port has to be woken up, as below.
  [[nodiscard]] bool send(datagram_batch what);

  /// Tells the port about IDs, and whether the remote is where it says it is.
  [[nodiscard]] bool tell(quic_ids ids, bool validated);

  /// Sets what is said when the connection is gone. Nobody is woken up: that
  /// it has gone does that.
  void set_farewell(bytes what);

  /// Nothing comes behind what is there.
  void finish();

private:
  mutable std::mutex mutex_;
  received received_;
  size_t unread_ = 0;
  parcel outgoing_;
  bool finished_ = false;
  bool port_knows_ = false; // That there is something to take.
  size_t unsent_ = 0;       // Bytes of batches, until they are written.
  bool waits_ = false;      // The connection, for less of them.
};

} // namespace troupe
