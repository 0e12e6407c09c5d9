// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/multistream.hpp"

#include <algorithm>
#include <span>

namespace troupe {

void append_multistream_token(bytes& out, std::string_view text) {
  append_uvarint(out, text.size() + 1);
  const auto content = std::as_bytes(std::span{text});
  out.insert(out.end(), content.begin(), content.end());
  out.push_back(std::byte{'\n'});
}

bytes multistream_proposal(std::string_view protocol) {
  bytes result;
  append_multistream_token(result, multistream_header);
  append_multistream_token(result, protocol);
  return result;
}

// -- reader -------------------------------------------------------------------

std::optional<std::string_view> multistream_reader::next(byte_view& input) {
  if (failed_ || (missing_ == 0 && !read_length(input)))
    return std::nullopt;
  const auto part = input.first(std::min(missing_, input.size()));
  text_.append(reinterpret_cast<const char*>(part.data()), part.size());
  input = input.subspan(part.size());
  missing_ -= part.size();
  if (missing_ > 0)
    return std::nullopt;
  failed_ = text_.back() != '\n';
  if (failed_)
    return std::nullopt;
  return std::string_view{text_}.substr(0, text_.size() - 1);
}

/// @returns whether the length is there.
bool multistream_reader::read_length(byte_view& input) {
  while (!input.empty()) {
    const auto status = length_.feed(input.front());
    input = input.subspan(1);
    if (status == uvarint_status::incomplete && length_.size() < 2)
      continue;
    const auto size = length_.value();
    failed_ = status != uvarint_status::complete || size == 0
              || size > multistream_token_max
              || uvarint_size(size) != length_.size();
    length_.reset();
    text_.clear();
    missing_ = failed_ ? 0 : static_cast<size_t>(size);
    return !failed_;
  }
  return false;
}

// -- acceptor -----------------------------------------------------------------

errc multistream_acceptor::consume(byte_view& input, const predicate& available,
                                   bytes& output) {
  while (error_ == errc::none && !protocol_) {
    const auto text = reader_.next(input);
    if (reader_.failed())
      error_ = errc::malformed_handshake;
    else if (!text)
      break;
    else
      error_ = take(*text, available, output);
  }
  return error_;
}

errc multistream_acceptor::take(std::string_view text,
                                const predicate& available, bytes& output) {
  if (!greeted_) {
    if (text != multistream_header)
      return errc::malformed_handshake;
    greeted_ = true;
    append_multistream_token(output, multistream_header);
    return errc::none;
  }
  if (available(text)) {
    append_multistream_token(output, text);
    protocol_ = text;
    return errc::none;
  }
  append_multistream_token(output, multistream_refusal);
  return ++refused_ < multistream_proposals_max ? errc::none
                                                : errc::malformed_handshake;
}

// -- opener -------------------------------------------------------------------

errc multistream_opener::consume(byte_view& input) {
  while (error_ == errc::none && !agreed_) {
    const auto text = reader_.next(input);
    if (!text && !reader_.failed())
      break;
    const auto& expected
        = greeted_ ? std::string_view{protocol_} : multistream_header;
    if (text && *text == expected)
      (greeted_ ? agreed_ : greeted_) = true;
    else if (text && greeted_ && *text == multistream_refusal)
      error_ = errc::peer_lacks_channel;
    else
      error_ = errc::malformed_handshake;
  }
  return error_;
}

} // namespace troupe
