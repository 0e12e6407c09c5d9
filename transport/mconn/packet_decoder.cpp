// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/packet_decoder.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "troupe/transport/mconn/channel_position.hpp"
#include "troupe/transport/mconn/packet_parser.hpp"

namespace troupe {

packet_decoder::packet_decoder(size_t payload_max,
                               std::span<const channel_descriptor> channels,
                               unknown_channel_policy unknown)
  : limit_(packet_size_limit(payload_max)),
    unknown_(unknown) {
  assert(payload_max > 0 && payload_max <= max_packet_payload);
  channels_.reserve(channels.size());
  for (const auto& descriptor : channels)
    if (channel_position(channels_, descriptor.id) == channels_.size())
      channels_.push_back(
          {.id = descriptor.id, .capacity = descriptor.recv_message_capacity});
}

errc packet_decoder::decode(byte_view input, packet_sink& sink) {
  while (!input.empty() && error_ == errc::none) {
    switch (state_) {
      case state::length:
        error_ = read_length(input);
        break;
      case state::head:
        error_ = read_head(input, sink);
        break;
      case state::data:
        read_data(input, sink);
        break;
      case state::whole:
        error_ = read_whole(input, sink);
        break;
    }
  }
  return error_;
}

size_t packet_decoder::buffered_bytes() const noexcept {
  auto result = whole_.size() + head_size_;
  for (const auto& message : messages_)
    result += message.body.size();
  return result;
}

size_t packet_decoder::held_bytes() const noexcept {
  auto result = whole_.capacity();
  for (const auto& message : messages_)
    result += message.body.capacity();
  return result;
}

std::vector<progress_watch::half> packet_decoder::halves() const {
  std::vector<progress_watch::half> result;
  for (const auto& message : messages_)
    if (!message.body.empty())
      result.push_back({message.channel, message.number, message.body.size()});
  return result;
}

errc packet_decoder::read_length(byte_view& input) {
  while (!input.empty()) {
    auto status = length_.feed(input.front());
    input = input.subspan(1);
    if (status == uvarint_status::incomplete)
      continue;
    if (status == uvarint_status::overflow)
      return errc::malformed_packet;
    if (length_.value() > limit_)
      return errc::oversized_packet;
    // A packet without content has none of the alternatives.
    if (length_.value() == 0)
      return errc::malformed_packet;
    remaining_ = static_cast<size_t>(length_.value());
    state_ = state::head;
    break;
  }
  return errc::none;
}

errc packet_decoder::read_head(byte_view& input, packet_sink& sink) {
  auto packet_size = head_size_ + remaining_;
  auto prefix = join_head(input);
  auto head = parse_packet_head(prefix, packet_size);
  switch (head.outcome) {
    case packet_head::status::complete: {
      take(input, head.size - head_size_);
      head_size_ = 0;
      auto code = start_message(head.channel, head.eof, head.data_size);
      if (code == errc::none && remaining_ == 0)
        end_message(sink);
      return code;
    }
    case packet_head::status::incomplete: {
      auto part = take(input, prefix.size() - head_size_);
      std::copy(part.begin(), part.end(), head_.begin() + head_size_);
      head_size_ = prefix.size();
      return errc::none;
    }
    case packet_head::status::unusual:
      break;
  }
  if (input.size() >= packet_size && head_size_ == 0)
    return decode_whole(take(input, packet_size), sink);
  whole_.assign(head_.begin(), head_.begin() + head_size_);
  head_size_ = 0;
  state_ = state::whole;
  return errc::none;
}

byte_view packet_decoder::join_head(byte_view input) noexcept {
  auto size = std::min({head_size_ + remaining_, head_size_ + input.size(),
                        max_packet_header_size});
  // Usually all of the head is in the input.
  if (head_size_ == 0)
    return input.first(size);
  auto part = input.first(size - head_size_);
  std::copy(part.begin(), part.end(), head_.begin() + head_size_);
  return byte_view{head_}.first(size);
}

byte_view packet_decoder::take(byte_view& input, size_t size) noexcept {
  auto result = input.first(std::min({size, remaining_, input.size()}));
  input = input.subspan(result.size());
  remaining_ -= result.size();
  return result;
}

void packet_decoder::read_data(byte_view& input, packet_sink& sink) {
  auto part = take(input, remaining_);
  if (!skipped_)
    messages_[current_].body.append(part);
  if (remaining_ == 0)
    end_message(sink);
}

errc packet_decoder::read_whole(byte_view& input, packet_sink& sink) {
  auto part = take(input, remaining_);
  whole_.insert(whole_.end(), part.begin(), part.end());
  if (remaining_ > 0)
    return errc::none;
  auto packet = std::exchange(whole_, {});
  return decode_whole(packet, sink);
}

errc packet_decoder::decode_whole(byte_view input, packet_sink& sink) {
  auto packet = parse_packet(input);
  switch (packet.content) {
    case parsed_packet::kind::malformed:
      return errc::malformed_packet;
    case parsed_packet::kind::ping:
      end_packet();
      sink.on_ping();
      return errc::none;
    case parsed_packet::kind::pong:
      end_packet();
      sink.on_pong();
      return errc::none;
    case parsed_packet::kind::message:
      break;
  }
  auto code = start_message(packet.channel, packet.eof, packet.data.size());
  if (code != errc::none)
    return code;
  if (!skipped_)
    messages_[current_].body.append(packet.data);
  end_message(sink);
  return errc::none;
}

errc packet_decoder::start_message(int32_t channel, bool eof,
                                   size_t data_size) {
  if (channel < 0 || channel > 0xff)
    return errc::unknown_channel;
  const auto position
      = channel_position(channels_, static_cast<channel_id>(channel), latest_);
  if (position == channels_.size())
    return start_skipping(channel, eof);
  latest_ = position;
  auto& target = message_of(position);
  if (data_size > channels_[position].capacity - target.body.size())
    return errc::oversized_message;
  make_room(target, eof, data_size);
  target.several = target.several || !eof;
  eof_ = eof;
  state_ = state::data;
  return errc::none;
}

/// Returns the message that a packet of a channel belongs to, which is the
/// current one from now on.
packet_decoder::partial_message& packet_decoder::message_of(size_t channel) {
  if (current_ < messages_.size() && messages_[current_].channel == channel)
    return messages_[current_];
  auto i = std::ranges::find(messages_, channel, &partial_message::channel);
  // One that has not begun may be of any channel.
  if (i == messages_.end())
    i = std::ranges::find(messages_, false, &partial_message::several);
  if (i == messages_.end())
    i = messages_.insert(i, {.number = begun_++});
  i->channel = channel;
  current_ = static_cast<size_t>(i - messages_.begin());
  return *i;
}

/// Whatever it sends there costs the remote more than us: its bytes count for
/// the rate limit like all others, and nothing of them stays.
errc packet_decoder::start_skipping(int32_t channel, bool eof) {
  if (unknown_ == unknown_channel_policy::disconnect)
    return errc::unknown_channel;
  skipped_ = static_cast<channel_id>(channel);
  eof_ = eof;
  state_ = state::data;
  return errc::none;
}

void packet_decoder::make_room(partial_message& message, bool eof,
                               size_t data_size) {
  auto& body = message.body;
  auto size = body.size() + data_size;
  if (size <= body.capacity() || data_size > max_headroom)
    return;
  const auto& channel = channels_[message.channel];
  // More of the message follows: expect one as long as the last.
  if (!eof)
    size = std::max({size, body.capacity() + body.capacity() / 4,
                     size_t{channel.typical_size}});
  body.reserve(std::min(size, channel.capacity));
}

void packet_decoder::end_message(packet_sink& sink) {
  end_packet();
  if (auto channel = std::exchange(skipped_, std::nullopt)) {
    if (eof_)
      sink.on_skipped(*channel);
    return;
  }
  if (!eof_)
    return;
  auto& message = messages_[current_];
  auto& channel = channels_[message.channel];
  auto body = std::move(message.body);
  if (std::exchange(message.several, false))
    channel.typical_size
        = static_cast<uint32_t>(std::min(body.size(), max_headroom));
  if (messages_.size() == 1) {
    // Most remotes send one message after the other.
    message.number = begun_++;
  } else {
    messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(current_));
    if (messages_.size() == 1 && messages_.capacity() > 2)
      messages_.shrink_to_fit();
  }
  // Whoever queues messages accounts for their size, not their capacity.
  body.shrink_to_fit();
  sink.on_message(channel.id, std::move(body));
}

void packet_decoder::end_packet() noexcept {
  length_.reset();
  remaining_ = 0;
  state_ = state::length;
}

} // namespace troupe
