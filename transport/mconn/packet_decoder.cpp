// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/packet_decoder.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "troupe/transport/mconn/packet_parser.hpp"

namespace troupe {

packet_decoder::packet_decoder(size_t payload_max,
                               std::span<const channel_descriptor> channels,
                               unknown_channel_policy unknown)
  : limit_(packet_size_limit(payload_max)),
    unknown_(unknown) {
  assert(payload_max > 0 && payload_max <= max_packet_payload);
  channels_.reserve(channels.size());
  for (const auto& descriptor : channels) {
    if (index_[descriptor.id] != 0)
      continue;
    channels_.push_back(
        {.id = descriptor.id, .capacity = descriptor.recv_message_capacity});
    index_[descriptor.id] = static_cast<uint16_t>(channels_.size());
  }
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
  for (const auto& channel : channels_)
    result += channel.body.size();
  return result;
}

size_t packet_decoder::held_bytes() const noexcept {
  auto result = whole_.capacity();
  for (const auto& channel : channels_)
    result += channel.body.capacity();
  return result;
}

std::vector<progress_watch::half> packet_decoder::halves() const {
  std::vector<progress_watch::half> result;
  for (size_t i = 0; i < channels_.size(); ++i)
    if (const auto& channel = channels_[i]; !channel.body.empty())
      result.push_back({i, channel.completed, channel.body.size()});
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
    channels_[current_].body.append(part);
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
    channels_[current_].body.append(packet.data);
  end_message(sink);
  return errc::none;
}

errc packet_decoder::start_message(int32_t channel, bool eof,
                                   size_t data_size) {
  if (channel < 0 || channel > 0xff)
    return errc::unknown_channel;
  if (index_[static_cast<size_t>(channel)] == 0)
    return start_skipping(channel, eof);
  current_ = index_[static_cast<size_t>(channel)] - size_t{1};
  auto& target = channels_[current_];
  if (data_size > target.capacity - target.body.size())
    return errc::oversized_message;
  make_room(target, eof, data_size);
  target.several = target.several || !eof;
  eof_ = eof;
  state_ = state::data;
  return errc::none;
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

void packet_decoder::make_room(channel_state& channel, bool eof,
                               size_t data_size) {
  auto& body = channel.body;
  auto size = body.size() + data_size;
  if (size <= body.capacity() || data_size > max_headroom)
    return;
  // More of the message follows: expect one as long as the last.
  if (!eof)
    size = std::max({size, body.capacity() + body.capacity() / 4,
                     std::min(channel.typical_size, max_headroom)});
  body.reserve(std::min(size, channel.capacity));
}

void packet_decoder::end_message(packet_sink& sink) {
  end_packet();
  if (auto channel = std::exchange(skipped_, std::nullopt)) {
    if (eof_)
      sink.on_skipped(*channel);
    return;
  }
  auto& channel = channels_[current_];
  if (!eof_)
    return;
  ++channel.completed;
  auto body = std::exchange(channel.body, {});
  if (std::exchange(channel.several, false))
    channel.typical_size = body.size();
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
