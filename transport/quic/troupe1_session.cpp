// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/troupe1_session.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>

#include <fmt/format.h>

#include "troupe/messages/uvarint.hpp"
#include "troupe/messages/wire_writer.hpp"

namespace troupe {

namespace {

/// Not set in numbers of streams that both sides send on (RFC 9000, 2.1).
constexpr stream_id one_way = 2;

/// Many gateways forget who talks to whom over UDP after half a minute, though
/// RFC 4787 asks for two.
constexpr duration keep_alive_max = std::chrono::seconds{15};

/// What a remote may send before a limit of what we receive stops it: the part
/// of a second's, so that the limit holds soon, and still more than is under
/// way over long distances; and what it takes to say anything at all.
constexpr uint64_t windows_a_second = 4;
constexpr size_t connection_window_min = size_t{64} * 1024;

} // namespace

quic_options troupe1_limits() {
  quic_options result;
  // As much as a node info takes, and its length.
  result.stream_window = size_t{16} * 1024;
  static_assert(max_node_info_size < 16 * 1024 - max_uvarint_size);
  result.streams_uni = troupe1_streams;
  return result;
}

quic_options troupe1_limits(const mconn_stream_options& node) {
  auto result = troupe1_limits();
  result.idle_timeout = node.keepalive.pong_timeout;
  result.keep_alive = std::min(node.keepalive.ping_interval, keep_alive_max);
  for (const auto& rate : {node.recv_rate, node.node_recv_rate})
    if (rate && *rate > 0)
      result.connection_window
          = std::clamp<size_t>(*rate / windows_a_second, connection_window_min,
                               result.connection_window);
  return result;
}

troupe1_session::troupe1_session(troupe1_options options, direction who)
  : options_(std::move(options)),
    // The first stream that only its opener sends on (RFC 9000, 2.1).
    remote_control_(who == direction::inbound ? 2 : 3),
    info_reader_(max_node_info_size, errc::oversized_handshake,
                 errc::malformed_handshake),
    frame_reader_(troupe1_frame_max, errc::oversized_packet,
                  errc::malformed_packet),
    halves_(options_.receive) {}

void troupe1_session::fail(failure why) {
  if (error_.code == errc::none)
    error_ = std::move(why);
}

void troupe1_session::fail(errc code, std::string context) {
  fail(failure{code, std::move(context)});
}

// -- handshake ----------------------------------------------------------------

void troupe1_session::on_established() {
  control_ = connection_->open_uni(troupe1_control_weight);
  if (!control_) {
    fail(errc::malformed_handshake, "the remote allows no stream");
    return;
  }
  bytes hello;
  append_delimited(hello, encode(options_.ours));
  connection_->write({.stream = *control_, .head = std::move(hello)});
}

errc troupe1_session::judged_by_remote() const {
  return compatible(*info_, options_.ours).code;
}

void troupe1_session::on_control(byte_view data, bool fin) {
  const auto size = data.size();
  while (!data.empty() && error_.code == errc::none) {
    if (!info_) {
      if (auto code = read_info(data); code != errc::none)
        fail(code);
      continue;
    }
    if (auto code = frame_reader_.consume(data); code != errc::none)
      fail(code);
    else if (frame_reader_.complete())
      read_frame(frame_reader_.take());
  }
  connection_->consume(remote_control_, size);
  control_ended_ = control_ended_ || fin;
  if (fin && !goodbye_)
    fail(errc::malformed_packet, "the control stream ended without a goodbye");
}

errc troupe1_session::read_info(byte_view& data) {
  if (auto code = info_reader_.consume(data); code != errc::none)
    return code;
  if (!info_reader_.complete())
    return errc::none;
  auto theirs = decode_node_info(info_reader_.take());
  if (!theirs) {
    fail(theirs.error());
    return errc::none;
  }
  const auto& proven = connection_->tls().remote();
  assert(proven);
  if (auto bad
      = verify_node_info(options_.ours, *theirs, proven->id, options_.accepted);
      bad.code != errc::none)
    fail(std::move(bad));
  else
    info_ = std::move(*theirs);
  return errc::none;
}

void troupe1_session::read_frame(const bytes& frame) {
  if (frame.empty()
      || frame[0] != static_cast<std::byte>(troupe1_frame::goodbye))
    return;
  if (goodbye_) {
    fail(errc::malformed_packet, "a second goodbye");
    return;
  }
  goodbye_ = decode_goodbye(frame);
  if (!goodbye_)
    fail(errc::malformed_packet, "a goodbye that is none");
}

void troupe1_session::start(std::span<const channel_descriptor> channels) {
  assert(greeted() && !started_);
  started_ = true;
  channels_.assign(channels.begin(), channels.end());
  for (auto& [stream, from] : incoming_)
    open_inbox(stream, from);
}

// -- sending ------------------------------------------------------------------

errc troupe1_session::send(outbound_message message) {
  const auto* open = find_open(message.channel);
  if (open == nullptr)
    return errc::unknown_channel;
  if (hanging_up_ || error_.code != errc::none)
    return errc::none;
  auto [i, is_new] = outgoing_.try_emplace(message.channel);
  auto& out = i->second;
  bytes head;
  if (is_new) {
    const auto stream = connection_->open_uni(open->priority);
    if (!stream) {
      fail(errc::malformed_handshake, "the remote allows too few streams");
      return errc::none;
    }
    out.stream = *stream;
    outgoing_channels_.emplace(*stream, message.channel);
    head.push_back(std::byte{message.channel});
  }
  const auto size = message.body.size();
  append_uvarint(head, size);
  out.queued += head.size() + size;
  out.ends.emplace_back(out.queued, message_cost(size));
  connection_->write({.stream = out.stream,
                      .head = std::move(head),
                      .body = std::move(message.body)});
  return errc::none;
}

void troupe1_session::on_sent(stream_id stream, uint64_t total) {
  auto found = outgoing_channels_.find(stream);
  if (found == outgoing_channels_.end())
    return;
  auto& ends = outgoing_[found->second].ends;
  while (!ends.empty() && ends.front().first <= total) {
    sent_[found->second] += ends.front().second;
    ends.pop_front();
  }
}

std::vector<channel_credit> troupe1_session::take_sent() {
  std::vector<channel_credit> result;
  for (const auto& [channel, cost] : std::exchange(sent_, {}))
    result.push_back({channel, cost});
  return result;
}

void troupe1_session::ping() {
  write_frame({static_cast<std::byte>(troupe1_frame::ping)}, false);
}

void troupe1_session::write_frame(const bytes& frame, bool fin) {
  if (!control_ || hanging_up_)
    return;
  bytes data;
  append_delimited(data, frame);
  connection_->write(
      {.stream = *control_, .head = std::move(data), .fin = fin});
}

// -- receiving ----------------------------------------------------------------

void troupe1_session::on_data(stream_id stream, byte_view data, bool fin) {
  if (error_.code != errc::none)
    return;
  if (stream == remote_control_) {
    on_control(data, fin);
    return;
  }
  if ((stream & one_way) == 0) {
    fail(errc::malformed_packet, "a stream that both sides send on");
    return;
  }
  auto& from = incoming_[stream];
  from.fin = from.fin || fin;
  if (!from.channel && !data.empty()) {
    const auto channel = static_cast<channel_id>(data[0]);
    if (find(channel) != nullptr) {
      fail(errc::malformed_packet,
           fmt::format("a second stream of channel {:#x}", channel));
      return;
    }
    from.channel = channel;
    data = data.subspan(1);
    connection_->consume(stream, 1);
    if (started_)
      open_inbox(stream, from);
  }
  if (error_.code != errc::none)
    return;
  if (from.inbox)
    moved(stream, from, from.inbox->receive(data, inbound_));
  else
    from.early.insert(from.early.end(), data.begin(), data.end());
}

void troupe1_session::open_inbox(stream_id stream, incoming& from) {
  if (!from.channel || from.inbox)
    return;
  const auto* open = find_open(*from.channel);
  if (open == nullptr
      && options_.receive.unknown_channel
             == unknown_channel_policy::disconnect) {
    fail(errc::unknown_channel,
         fmt::format("channel {:#x} is not open", *from.channel));
    return;
  }
  from.inbox.emplace(*from.channel, open);
  if (hanging_up_)
    from.inbox->ignore();
  const auto before = troupe1_limits().stream_window;
  connection_->consume(stream,
                       std::max(options_.channel_window, before) - before);
  const auto early = std::exchange(from.early, {});
  moved(stream, from, from.inbox->receive(early, inbound_));
}

bool troupe1_session::has_early() const {
  return std::ranges::any_of(
      incoming_, [](const auto& x) { return !x.second.early.empty(); });
}

/// Something of a channel has become messages.
void troupe1_session::moved(stream_id stream, incoming& from, errc code) {
  if (code != errc::none)
    fail(code, fmt::format("channel {:#x}", *from.channel));
  connection_->consume(stream, from.inbox->take_consumed());
  if (auto skipped = from.inbox->take_skipped();
      skipped > 0 && find_open(*from.channel) == nullptr)
    skipped_[*from.channel] += skipped;
  if (from.fin && !from.inbox->has_window())
    return;
  if (from.fin && !from.inbox->empty())
    fail(errc::malformed_packet, "a stream ends in the middle of a message");
}

std::vector<channel_tally> troupe1_session::take_skipped() {
  std::vector<channel_tally> result;
  for (const auto& [channel, count] : std::exchange(skipped_, {}))
    result.push_back({channel, count});
  return result;
}

void troupe1_session::give_back(channel_id channel, size_t cost) {
  for (auto& [stream, from] : incoming_) {
    if (from.channel != channel || !from.inbox)
      continue;
    from.inbox->give_back(cost);
    moved(stream, from, from.inbox->advance(inbound_));
    return;
  }
}

void troupe1_session::charge(channel_id channel, size_t cost) {
  if (auto* from = find(channel); from != nullptr && from->inbox)
    from->inbox->charge(cost);
}

void troupe1_session::on_reset(stream_id, uint64_t) {
  fail(errc::malformed_packet, "the remote has reset a stream");
}

void troupe1_session::on_stopped(stream_id) {
  fail(errc::malformed_packet, "the remote reads a stream no more");
}

void troupe1_session::on_closed(stream_id stream, std::optional<uint64_t>) {
  // One that has come to its end says so in `on_data`.
  if (stream == control_ && !hanging_up_)
    fail(errc::malformed_packet, "the remote reads a stream no more");
}

// -- the end ------------------------------------------------------------------

void troupe1_session::hang_up(troupe1_goodbye last_words) {
  if (hanging_up_)
    return;
  last_words.streams = outgoing_.size();
  write_frame(encode_goodbye(last_words), true);
  for (const auto& [channel, out] : outgoing_)
    connection_->write({.stream = out.stream, .fin = true});
  hanging_up_ = true;
  inbound_.clear();
  for (auto& [stream, from] : incoming_) {
    if (!from.inbox)
      continue;
    from.inbox->ignore();
    moved(stream, from, from.inbox->advance(inbound_));
  }
}

bool troupe1_session::over() const {
  if (!goodbye_ || !control_ended_ || error_.code != errc::none)
    return false;
  uint64_t ended = 0;
  for (const auto& [stream, from] : incoming_) {
    if (!from.fin || !from.inbox || !from.inbox->empty())
      return false;
    ++ended;
  }
  return ended >= goodbye_->streams;
}

// -- time ---------------------------------------------------------------------

errc troupe1_session::tick(time_point now) {
  std::vector<progress_watch::half> halves;
  for (const auto& [stream, from] : incoming_)
    if (from.inbox && from.inbox->in_progress() && from.inbox->has_window())
      halves.push_back(
          {*from.channel, from.inbox->completed(), from.inbox->arrived()});
  halves_.update(halves, now);
  return halves_.check(now);
}

size_t troupe1_session::held_bytes() const {
  size_t result = info_reader_.body().size() + frame_reader_.body().size();
  for (const auto& [stream, from] : incoming_)
    result
        += from.early.capacity() + (from.inbox ? from.inbox->held_bytes() : 0);
  return result;
}

troupe1_session::incoming* troupe1_session::find(channel_id channel) {
  for (auto& [stream, from] : incoming_)
    if (from.channel == channel)
      return &from;
  return nullptr;
}

const channel_descriptor* troupe1_session::find_open(channel_id channel) const {
  auto i = std::ranges::find(channels_, channel, &channel_descriptor::id);
  return i != channels_.end() ? &*i : nullptr;
}

} // namespace troupe
