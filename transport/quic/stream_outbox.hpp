// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/shared_bytes.hpp"

namespace troupe {

/// What a stream of QUIC has to send, and what it has sent and the remote may
/// ask for again: bytes stay where they are in memory until the remote has
/// acknowledged them.
class stream_outbox {
public:
  /// Adds two pieces, one behind the other. The second may be null.
  void add(bytes head, shared_bytes body);

  /// Nothing more comes behind what is there.
  void finish() noexcept {
    finished_ = true;
  }

  /// Whether there is something to send: bytes, or that there are no more.
  [[nodiscard]] bool waits() const noexcept {
    return unsent_ > 0 || (finished_ && !fin_sent_);
  }

  /// Puts the first pieces that are not sent into `out`, as many as fit.
  /// @returns how many.
  size_t next(std::span<byte_view> out) const;

  /// Whether those pieces, of that many bytes together, are all there is.
  [[nodiscard]] bool ends_with(size_t size) const noexcept {
    return finished_ && size == unsent_;
  }

  /// Notes that the first bytes that were not sent are.
  /// @param fin whether the remote was told that there are no more.
  void sent(size_t size, bool fin);

  /// Forgets the first bytes that are not acknowledged.
  void acknowledged(size_t size);

  /// Bytes that were not sent.
  [[nodiscard]] size_t unsent() const noexcept {
    return unsent_;
  }

  /// Bytes that were sent and not acknowledged.
  [[nodiscard]] size_t unacknowledged() const noexcept {
    return held_ - unsent_;
  }

  /// Both together.
  [[nodiscard]] size_t held() const noexcept {
    return held_;
  }

  /// All bytes that were ever sent.
  [[nodiscard]] uint64_t total_sent() const noexcept {
    return total_sent_;
  }

private:
  struct piece {
    bytes own;
    shared_bytes shared;

    [[nodiscard]] byte_view view() const noexcept {
      return shared ? byte_view{shared} : byte_view{own};
    }
  };

  void push(piece what);

  std::deque<piece> pieces_; // None of them empty.
  size_t acked_ = 0;         // Bytes of the first one.
  size_t current_ = 0;       // The first one that is not all sent.
  size_t offset_ = 0;        // Bytes of that one that are.
  size_t held_ = 0;
  size_t unsent_ = 0;
  uint64_t total_sent_ = 0;
  bool finished_ = false;
  bool fin_sent_ = false;
};

} // namespace troupe
