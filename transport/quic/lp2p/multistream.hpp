// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/uvarint.hpp"

namespace troupe {

// multistream-select 1.0: how both sides of a stream agree on what it is for
// (libp2p spec, "Connection Establishment"). All is made of tokens:
//
//     length : uvarint        of text and newline, in as few bytes as possible
//     text   : length - 1 bytes
//     0a
//
// The opener sends a header and the name of a protocol. The acceptor sends the
// header as well, and then the same name, or `na`, after which the opener may
// propose another.

/// The text that both sides begin with.
inline constexpr std::string_view multistream_header = "/multistream/1.0.0";

/// Says that a protocol is not available.
inline constexpr std::string_view multistream_refusal = "na";

/// Longest token in bytes, newline included and length not.
inline constexpr size_t multistream_token_max = 1024;

/// Most protocols that an acceptor lets the opener of a stream propose.
inline constexpr size_t multistream_proposals_max = 16;

/// Appends a token.
void append_multistream_token(bytes& out, std::string_view text);

/// What an opener sends first: header and proposal.
bytes multistream_proposal(std::string_view protocol);

/// Collects one token at a time, wherever the network cuts them. Holds no more
/// than a token that has really arrived.
class multistream_reader {
public:
  /// Eats from the front of `input` until a token is complete or the input is
  /// empty. What follows the token stays in `input`.
  /// @returns the text without newline, until the next call. Nothing if the
  ///          token is not complete, or not one: see `failed`.
  std::optional<std::string_view> next(byte_view& input);

  /// Whether what came was no token. Final.
  [[nodiscard]] bool failed() const noexcept {
    return failed_;
  }

private:
  bool read_length(byte_view& input);

  uvarint_decoder length_;
  size_t missing_ = 0; // Bytes of the token, once its length is there.
  std::string text_;
  bool failed_ = false;
};

/// The side that accepts a stream.
///
///     header --> proposals --> agreed
///       |           |
///       +-----------+--> failed
class multistream_acceptor {
public:
  /// Whether a protocol is available here.
  using predicate = std::function<bool(std::string_view)>;

  /// Takes bytes as they arrived, and appends the answers to `output`. What
  /// belongs to the protocol that was agreed on stays in `input`.
  /// @returns `malformed_handshake` as soon as what arrives is no negotiation,
  ///          or a long one. It sticks.
  [[nodiscard]] errc consume(byte_view& input, const predicate& available,
                             bytes& output);

  /// The protocol that both sides agreed on, or nothing so far.
  [[nodiscard]] const std::optional<std::string>& protocol() const noexcept {
    return protocol_;
  }

private:
  errc take(std::string_view text, const predicate& available, bytes& output);

  multistream_reader reader_;
  bool greeted_ = false;
  size_t refused_ = 0;
  std::optional<std::string> protocol_;
  errc error_ = errc::none;
};

/// The side that opens a stream, and has sent `multistream_proposal`.
///
///     header --> answer --> agreed
///       |          |  |
///       |          |  +--> refused
///       +----------+--> failed
class multistream_opener {
public:
  /// @param protocol what was proposed.
  explicit multistream_opener(std::string protocol)
    : protocol_(std::move(protocol)) {}

  /// Takes bytes as they arrived. What belongs to the protocol that was agreed
  /// on stays in `input`, and all of it when there was none.
  /// @returns `peer_lacks_channel` if the remote refuses,
  ///          `malformed_handshake` if it answers anything else. They stick.
  [[nodiscard]] errc consume(byte_view& input);

  /// Whether both sides have agreed.
  [[nodiscard]] bool agreed() const noexcept {
    return agreed_;
  }

private:
  multistream_reader reader_;
  std::string protocol_;
  bool greeted_ = false;
  bool agreed_ = false;
  errc error_ = errc::none;
};

} // namespace troupe
