// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
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
  /// As for TCP. Those beyond `max_accepted` hear nothing, and try again.
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
  /// What becomes of those who want to open a connection.
  enum class mode : uint8_t {
    /// They are turned away.
    closed,
    /// They hear nothing, and try again.
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

    /// With `drop`: whether it was for a limit, and which.
    errc refused = errc::none;
  };

  /// @param random has to outlive this object.
  quic_door(quic_door_options options, entropy& random, time_point now);

  quic_door(const quic_door&) = delete;

  quic_door& operator=(const quic_door&) = delete;

  void set_mode(mode what) noexcept {
    mode_ = what;
  }

  void set_limits(inbound_limits limits) {
    loop_.set_limits(std::move(limits));
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

  /// A connection is over. Again changes nothing.
  void ended(uint64_t connection);

  /// Where a connection leads to; nothing if there is none.
  [[nodiscard]] std::optional<udp_place> place_of(uint64_t connection) const;

  /// What connections make their resets from.
  [[nodiscard]] const reset_secret& resets() const noexcept {
    return resets_;
  }

  /// Forgets what tells nothing any more.
  void expire(time_point now) {
    loop_.expire(now);
  }

  /// When there is something to `expire`.
  [[nodiscard]] std::optional<time_point> next_wakeup(time_point now) const {
    return loop_.next_wakeup(now);
  }

  /// Connections, and those whose place is not shown.
  [[nodiscard]] size_t connections() const noexcept {
    return entries_.size();
  }
  [[nodiscard]] size_t unvalidated() const noexcept {
    return unvalidated_;
  }

private:
  /// Most IDs of a connection. There is no use for more.
  static constexpr size_t ids_max = 16;

  struct entry {
    udp_place where;
    bool validated = true;
    std::vector<connection_id> ids = {};
    connection_slot slot = {};
  };

  verdict open(byte_view datagram, const udp_place& from, time_point now);
  verdict answer(bytes what, time_point now);
  [[nodiscard]] bool may_answer(time_point now) const;
  void add(uint64_t connection, entry& to, const connection_id& id);

  quic_door_options options_;
  entropy& random_;
  reset_secret resets_{};
  reset_secret tokens_{};
  accept_loop loop_;
  token_bucket answers_;
  mode mode_ = mode::closed;
  uint64_t last_ = 0;
  std::map<uint64_t, entry> entries_; // Dies before `loop_`.
  std::map<connection_id, uint64_t> ids_;
  size_t unvalidated_ = 0;
};

} // namespace troupe
