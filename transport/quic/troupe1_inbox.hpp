// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/growing_bytes.hpp"
#include "troupe/messages/uvarint.hpp"
#include "troupe/transport/connection_messages.hpp"

namespace troupe {

/// What arrives on the stream of one channel: frames, wherever the network cuts
/// them, and a window of messages that the reader may be behind with.
///
///     length  : uvarint        at most the channel's capacity
///     message : length bytes
///
/// While the window is open, data becomes messages as it comes. Once it is
/// full, data waits as it is, no more of it than the stream's own window lets
/// the remote send.
class troupe1_inbox {
public:
  /// Most bytes that are set aside for a message before they have arrived.
  static constexpr size_t max_headroom = size_t{64} * 1024;

  /// @param open what is open; nothing: messages are counted and dropped.
  troupe1_inbox(channel_id channel, const channel_descriptor* open);

  /// Takes data as it came, and turns it into messages as far as the window
  /// lets it.
  /// @returns `oversized_message`, as soon as the length is there,
  ///          `malformed_packet` if that is no number, or `none`.
  [[nodiscard]] errc receive(byte_view data, inbound_batch& out);

  /// The same with what has waited, once there is window again.
  [[nodiscard]] errc advance(inbound_batch& out);

  /// Bytes that have become messages, or parts of them, since the last call:
  /// the remote may send as much again.
  [[nodiscard]] size_t take_consumed() noexcept;

  /// Messages that were dropped since the last call.
  [[nodiscard]] uint32_t take_skipped() noexcept;

  /// Gives window back: the reader has room for messages of that `read_cost`.
  void give_back(size_t cost) noexcept;

  /// Takes window beyond what a message cost.
  void charge(size_t cost) noexcept {
    window_used_ += cost;
  }

  /// Drops all that comes from now on.
  void ignore() noexcept;

  [[nodiscard]] bool has_window() const noexcept;

  /// Whether a message has arrived in part, and all of that was looked at.
  [[nodiscard]] bool in_progress() const noexcept {
    return waiting_.empty() && (length_.size() > 0 || missing_);
  }

  /// Whether all that arrived has become messages.
  [[nodiscard]] bool empty() const noexcept {
    return waiting_.empty() && length_.size() == 0 && !missing_;
  }

  /// Tells messages apart, and how much of the current one is there.
  [[nodiscard]] uint64_t completed() const noexcept {
    return completed_;
  }
  [[nodiscard]] size_t arrived() const noexcept {
    return arrived_;
  }

  /// Bytes of memory that are set aside.
  [[nodiscard]] size_t held_bytes() const noexcept {
    return body_.capacity() + waiting_.capacity();
  }

private:
  errc consume(byte_view& input, inbound_batch& out);
  errc parse(byte_view& input, inbound_batch& out);
  errc read_length(byte_view& input);
  void complete(inbound_batch& out);

  channel_id channel_;
  bool open_;
  size_t capacity_;
  bytes waiting_; // Data behind a full window.
  uvarint_decoder length_;
  std::optional<size_t> missing_; // Of the body, once the length is there.
  growing_bytes body_;
  size_t arrived_ = 0; // Of the body.
  uint64_t completed_ = 0;
  size_t window_used_ = 0;
  size_t consumed_ = 0;
  uint32_t skipped_ = 0;
};

} // namespace troupe
