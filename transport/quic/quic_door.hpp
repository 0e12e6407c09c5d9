// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/connection_tracker.hpp"
#include "troupe/transport/admission/rate_limit.hpp"
#include "troupe/transport/admission/token_bucket.hpp"
#include "troupe/transport/quic/quic_packet.hpp"
#include "troupe/transport/quic/udp_place.hpp"
#include "troupe/transport/tcp/accept_loop.hpp"

namespace troupe {

/// What a UDP port of QUIC lets in.
struct quic_door_options {
  /// As for TCP. Those beyond `max_accepted` have to wait.
  accept_options admission = {};

  /// Most connections whose remotes have not shown that they are where they say
  /// they are. Once there are so many, newcomers get a Retry, for which nothing
  /// is remembered.
  size_t unvalidated_max = 32;

  /// What is answered without a connection, of all kinds together. Each answer
  /// is no larger than what it answers.
  rate_limit answers = {500, 1000};
};

/// Says what becomes of the datagrams that arrive at a port: which connection
/// they are for, who may open one, and what is answered to the rest. Plain: the
/// port is its owner's, and so are the connections.
///
/// A connection belongs to the place that it was opened from: what comes from
/// elsewhere is dropped.
class quic_door {
public:
  /// How long the goodbyes of connections are kept, how many of them, the
  /// oldest going first, and how often each is said.
  static constexpr duration farewell_time = std::chrono::seconds{1};
  static constexpr size_t farewells_max = 256;
  static constexpr size_t farewells_each = 16;

  /// What becomes of those who want to open a connection.
  enum class mode : uint8_t {
    /// They are turned away.
    closed,
    /// They have to wait.
    busy,
    open,
  };

  /// What to do with a datagram.
  enum class action : uint8_t {
    drop,
    /// It is for a connection.
    deliver,
    /// It opens a connection, and then is for that one.
    accept,
    /// It opens a connection, but not now: ask again, or let its sender do it.
    wait,
    /// Something else is sent back.
    answer,
  };

  /// The answer about a datagram.
  struct verdict {
    action what = action::drop;

    /// With `deliver` and `accept`: the number of the connection.
    uint64_t connection = 0;

    /// With `accept`.
    std::optional<quic_initial> first = {};

    /// With `answer`.
    bytes answer = {};

    /// With `drop`: whether it was for a limit, and which. Only with the first
    /// packet of whoever tries again meanwhile.
    errc refused = errc::none;
  };

  /// @param random has to outlive this object.
  quic_door(quic_door_options options, entropy& random, time_point now);

  quic_door(const quic_door&) = delete;

  quic_door& operator=(const quic_door&) = delete;

  void set_mode(mode what) noexcept {
    mode_ = what;
  }

  /// Whether all newcomers have to show that they are where they say they are.
  void set_crowded(bool what) noexcept {
    crowded_ = what;
  }

  void set_limits(inbound_limits limits) {
    loop_.set_limits(std::move(limits));
  }

  /// Whether there is room and time for another connection.
  [[nodiscard]] bool may_accept(time_point now) const {
    return loop_.may_take(now);
  }

  /// Decides about a datagram.
  [[nodiscard]] verdict arrived(byte_view datagram, const udp_place& from,
                                time_point now);

  /// Makes the number of a connection that we dial.
  [[nodiscard]] uint64_t dialed(const udp_place& where);

  /// By which IDs the remote calls a connection, and does not any more.
  void learn(uint64_t connection, const quic_ids& ids);

  /// The remote of a connection has shown that it is where it says it is.
  void validated(uint64_t connection);

  /// A connection is over, and forgotten. Again changes nothing.
  void ended(uint64_t connection);

  /// A connection is over, and closed from our side. For `farewell_time`,
  /// whoever still sends to it is answered with this (RFC 9000, 10.2.1), as the
  /// first time may have been lost; it counts for no limit any more. Again
  /// changes nothing.
  /// @param farewell a datagram; empty: forget the connection at once.
  void leave(uint64_t connection, bytes farewell, time_point now);

  /// Where a connection leads to, also one that was left; nothing if there is
  /// none.
  [[nodiscard]] std::optional<udp_place> place_of(uint64_t connection) const;

  /// What connections make their resets from.
  [[nodiscard]] const reset_secret& resets() const noexcept {
    return resets_;
  }

  /// Forgets what tells nothing any more.
  void expire(time_point now);

  /// When there is something to `expire`, or to ask again.
  [[nodiscard]] std::optional<time_point> next_wakeup(time_point now) const;

  /// Connections, and those whose place is not shown.
  [[nodiscard]] size_t connections() const noexcept {
    return entries_.size() - left_.size();
  }
  [[nodiscard]] size_t unvalidated() const noexcept {
    return unvalidated_;
  }

private:
  /// Most IDs of a connection. There is no use for more.
  static constexpr size_t ids_max = 16;

  /// How many of those that were turned away are remembered: a client that gets
  /// no answer says the same again, several times in a few seconds.
  static constexpr size_t refused_max = 64;

  /// Who was turned away.
  struct refusal {
    udp_place from;
    connection_id to;

    friend bool operator==(const refusal&, const refusal&) = default;
  };

  struct entry {
    udp_place where;
    bool validated = true;
    std::vector<connection_id> ids = {};
    connection_slot slot = {};
    bytes farewell = {}; // Of a connection that was left.
    size_t farewells = 0;
  };

  /// A connection that was left, and when it is forgotten.
  struct departure {
    uint64_t connection;
    time_point until;
  };

  verdict open(byte_view datagram, const udp_place& from, time_point now);
  verdict found(uint64_t connection, const udp_place& from, time_point now);
  verdict answer(bytes what, time_point now);
  [[nodiscard]] bool may_answer(time_point now) const;
  [[nodiscard]] bool turn_away(const refusal& whom);
  void add(uint64_t connection, entry& to, const connection_id& id);

  quic_door_options options_;
  entropy& random_;
  reset_secret resets_{};
  reset_secret tokens_{};
  accept_loop loop_;
  token_bucket answers_;
  mode mode_ = mode::closed;
  bool crowded_ = false;
  uint64_t last_ = 0;
  std::map<uint64_t, entry> entries_; // Dies before `loop_`.
  std::map<connection_id, uint64_t> ids_;
  std::deque<departure> left_;  // The oldest first.
  std::deque<refusal> refused_; // Likewise.
  size_t unvalidated_ = 0;
};

} // namespace troupe
