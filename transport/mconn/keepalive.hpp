// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "troupe/messages/time.hpp"
#include "troupe/transport/mconn/keepalive_options.hpp"

namespace troupe {

/// Says when a connection owes the remote a ping or a pong, and when the remote
/// counts as dead (spec p2p, "Ping and pong").
///
/// Any traffic is a sign of life, not just a pong: otherwise one pong that is
/// stuck behind a large message costs a healthy connection its life.
class keepalive {
public:
  enum class action : uint8_t {
    none,
    /// Send a ping and flush it at once.
    send_ping,
    /// Drop the connection.
    peer_silent,
  };

  /// Starts both timers. Requires options that `validate` approves of.
  keepalive(const keepalive_options& options, time_point now);

  /// Notes that bytes of the remote have arrived.
  void received(time_point now) noexcept;

  /// Notes a ping of the remote, which now waits for its pong. Further pings
  /// share that pong: a remote must not make us send more than it can read.
  void ping_received() noexcept {
    pong_pending_ = true;
  }

  /// Whether a pong is due.
  [[nodiscard]] bool pong_pending() const noexcept {
    return pong_pending_;
  }

  /// Returns whether a pong is due and takes it as sent.
  [[nodiscard]] bool take_pong() noexcept {
    return std::exchange(pong_pending_, false);
  }

  /// Notes that a ping goes out.
  void ping_sent(time_point now) noexcept;

  /// Notes a pong. One that nobody has asked for says nothing.
  void pong_received(time_point now) noexcept;

  /// How long the last pong took from the ping it answers. A remote that
  /// answers several pings at once answers the first.
  [[nodiscard]] std::optional<duration> rtt() const noexcept {
    return rtt_;
  }

  /// Whether a ping was not answered yet.
  [[nodiscard]] bool awaits_pong() const noexcept {
    return pinged_at_.has_value();
  }

  /// Notes that we stop reading because our side is busy. Until `resumed` the
  /// remote cannot be heard and is not blamed for it. Idempotent.
  void paused(time_point now) noexcept;

  /// Notes that we read again. The remote's time goes on where it had stopped.
  /// Idempotent.
  void resumed(time_point now) noexcept;

  /// Says what is due. A `send_ping` counts as done. Pings that were missed
  /// because nobody asked are not made up for.
  [[nodiscard]] action check(time_point now) noexcept;

  /// When `check` may have a new answer without a further event.
  [[nodiscard]] time_point next_wakeup() const noexcept;

private:
  [[nodiscard]] time_point deadline() const noexcept;

  keepalive_options options_;
  time_point next_ping_;
  time_point last_received_;
  std::optional<time_point> paused_at_;
  bool pong_pending_ = false;
  std::optional<time_point> pinged_at_;
  std::optional<duration> rtt_;
};

} // namespace troupe
