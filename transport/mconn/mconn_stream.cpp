// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/mconn_stream.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe {

namespace {

/// What a frame counts for at least. Opening one costs the same whatever is in
/// it; but who waits for each answer before he says the next word fills none,
/// and would be slowed down for it if all counted as full.
constexpr size_t frame_cost_min = frame_chunk_max / 4;

} // namespace

mconn_stream::mconn_stream(const mconn_stream_options& options,
                           std::span<const channel_descriptor> channels,
                           frame_writer writer, frame_reader reader,
                           time_point now, const node_rates& rates)
  : writer_(std::move(writer)),
    reader_(std::move(reader)),
    scheduler_(channels, options.send_payload_max),
    decoder_(options.recv_payload_max, channels,
             options.receive.unknown_channel),
    keepalive_(options.keepalive, now),
    halves_(options.receive),
    send_meter_(options.send_rate, rates.send ? rates.send->join() : nullptr),
    recv_meter_(options.recv_rate,
                rates.receive ? rates.receive->join() : nullptr) {}

// -- sending ------------------------------------------------------------------

errc mconn_stream::send(outbound_message message) {
  return scheduler_.push(message.channel, std::move(message.body));
}

size_t mconn_stream::control_size() const noexcept {
  auto result = overhang_.size();
  if (ping_pending_)
    result += ping_packet.size();
  if (keepalive_.pong_pending())
    result += pong_packet.size();
  return result;
}

/// Most bytes of packets that the next burst takes. With a low rate, a full
/// burst would go on for seconds, and what is urgent would have to wait.
size_t mconn_stream::packets_max(time_point now) noexcept {
  const auto allowed = std::min(send_meter_.allowance(now), burst_payload);
  // Frames go out whole, so they are filled.
  return (allowed + frame_chunk_max - 1) / frame_chunk_max * frame_chunk_max;
}

size_t mconn_stream::burst_size(time_point now) noexcept {
  if (!urgent() && send_meter_.allowance(now) == 0)
    return 0;
  auto payload = control_size();
  if (!scheduler_.empty())
    payload += std::min(scheduler_.pending_wire_bytes(), packets_max(now));
  return frame_writer::sealed_size(std::min(payload, burst_payload));
}

errc mconn_stream::write_burst(byte_span out, time_point now, size_t& sealed) {
  writer_.begin(out);
  append_control(now);
  send_meter_.count(append_packets(now), now);
  return writer_.finish(sealed);
}

void mconn_stream::append_control(time_point now) {
  // The tail of a packet comes before anything else can.
  writer_.append(overhang_);
  overhang_ = {};
  if (std::exchange(ping_pending_, false)) {
    writer_.append(ping_packet);
    keepalive_.ping_sent(now);
  }
  if (keepalive_.take_pong())
    writer_.append(pong_packet);
}

size_t mconn_stream::append_packets(time_point now) {
  size_t total = 0;
  if (send_meter_.allowance(now) == 0)
    return total;
  // Takes what fits of `part` and keeps the rest for the next burst.
  auto append = [this](byte_view part) {
    auto fits = std::min(part.size(), writer_.room());
    writer_.append(part.first(fits));
    auto rest = part.subspan(fits);
    overhang_.insert(overhang_.end(), rest.begin(), rest.end());
  };
  while (writer_.room() > 0) {
    auto packet = scheduler_.next(now);
    if (!packet)
      break;
    std::array<std::byte, max_packet_header_size> header;
    auto size = encode_packet_header(packet->channel, packet->eof,
                                     packet->data.size(), header);
    append(byte_view{header}.first(size));
    append(packet->data);
    total += packet->wire_size;
    if (packet->eof)
      add_cost(sent_, packet->channel, message_cost(packet->message.size()));
  }
  return total;
}

std::vector<channel_credit> mconn_stream::take_sent() {
  return std::exchange(sent_, {});
}

// -- receiving ----------------------------------------------------------------

errc mconn_stream::receive(byte_span sealed, time_point now) {
  keepalive_.received(now);
  read_at_ = now;
  const auto before = reader_.frames();
  size_t excess = 0;
  auto code = reader_.read(sealed, [this, &excess](byte_view chunk) {
    excess += std::max(chunk.size(), frame_cost_min) - frame_cost_min;
    return decoder_.decode(chunk, *this);
  });
  recv_meter_.count((reader_.frames() - before) * frame_cost_min + excess, now);
  halves_.update(decoder_.halves(), now);
  return code;
}

errc mconn_stream::receive_plaintext(byte_view plaintext, time_point now) {
  recv_meter_.count(plaintext.size(), now);
  read_at_ = now;
  auto code = decoder_.decode(plaintext, *this);
  halves_.update(decoder_.halves(), now);
  return code;
}

void mconn_stream::ignore(size_t size, time_point now) noexcept {
  keepalive_.received(now);
  recv_meter_.count(size, now);
}

inbound_batch mconn_stream::take_inbound() {
  batch_size_ = inbound_.size();
  return std::exchange(inbound_, {});
}

std::vector<channel_tally> mconn_stream::take_skipped() {
  std::vector<channel_tally> result;
  if (!skipped_)
    return result;
  for (size_t i = 0; i < skipped_->size(); ++i)
    if (auto count = (*skipped_)[i]; count > 0)
      result.push_back({static_cast<channel_id>(i), count});
  skipped_.reset();
  return result;
}

void mconn_stream::on_skipped(channel_id channel) {
  if (!skipped_)
    skipped_ = std::make_unique<std::array<uint32_t, 256>>();
  ++(*skipped_)[channel];
}

void mconn_stream::on_ping() {
  keepalive_.ping_received();
}

void mconn_stream::on_pong() {
  // Everything that arrives is a sign of life; a pong only tells the time.
  keepalive_.pong_received(read_at_);
}

void mconn_stream::on_message(channel_id channel, growing_bytes&& body) {
  // The next read mostly brings as many as the last one.
  if (inbound_.empty())
    inbound_.reserve(batch_size_);
  inbound_.push_back({channel, std::move(body)});
}

// -- time ---------------------------------------------------------------------

void mconn_stream::set_paused(bool paused, time_point now) noexcept {
  // Nobody is held to be silent whom we do not hear, whyever we do not.
  if (paused || !may_read(now)) {
    keepalive_.paused(now);
    halves_.paused(now);
  } else {
    keepalive_.resumed(now);
    halves_.resumed(now);
  }
}

errc mconn_stream::tick(time_point now) noexcept {
  switch (keepalive_.check(now)) {
    case keepalive::action::send_ping:
      ping_pending_ = true;
      break;
    case keepalive::action::peer_silent:
      return errc::peer_silent;
    default:
      break;
  }
  return halves_.check(now);
}

time_point mconn_stream::next_wakeup(time_point now) noexcept {
  auto result = keepalive_.next_wakeup();
  if (!drained())
    if (auto when = send_meter_.next_wakeup(now))
      result = std::min(result, *when);
  if (auto when = recv_meter_.next_wakeup(now))
    result = std::min(result, *when);
  if (auto when = halves_.next_wakeup())
    result = std::min(result, *when);
  return result;
}

} // namespace troupe
