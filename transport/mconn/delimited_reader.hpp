// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/uvarint.hpp"

namespace troupe {

/// Collects one delimited message (spec p2p, "Delimited messages"), wherever
/// the network cuts it:
///
///     length : uvarint        bytes that follow, at most `max_body`
///     body   : length bytes
///
/// Memory grows only with bytes that have really arrived, never with what a
/// length announces. A length of 0 is legal and yields an empty body.
class delimited_reader {
public:
  /// @param max_body  largest body in bytes that is accepted.
  /// @param too_large  code for a length above `max_body`.
  /// @param malformed  code for a length that is not a 64-bit number.
  delimited_reader(size_t max_body, errc too_large, errc malformed) noexcept
    : max_body_(max_body),
      too_large_(too_large),
      malformed_(malformed) {}

  /// Eats from the front of `input` until the message is complete or the input
  /// is empty. What follows a complete message stays in `input`.
  /// @returns `none`, or one of the two codes as soon as the length is wrong.
  ///          An error sticks and eats nothing further.
  [[nodiscard]] errc consume(byte_view& input);

  /// Whether `body` is all of the message.
  [[nodiscard]] bool complete() const noexcept {
    return state_ == state::complete;
  }

  /// What has arrived of the body.
  [[nodiscard]] byte_view body() const noexcept {
    return body_;
  }

  /// Returns the body and gets ready for the next message. Requires
  /// `complete()`.
  [[nodiscard]] bytes take();

  /// Forgets everything, an error included.
  void reset() noexcept;

private:
  enum class state : uint8_t { length, body, complete, failed };

  errc read_length(byte_view& input);
  void read_body(byte_view& input);
  errc fail(errc code) noexcept;

  size_t max_body_;
  size_t length_ = 0;
  bytes body_;
  uvarint_decoder decoder_;
  errc too_large_;
  errc malformed_;
  errc error_ = errc::none;
  state state_ = state::length;
};

} // namespace troupe
