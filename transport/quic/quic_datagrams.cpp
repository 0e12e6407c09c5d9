// SPDX-License-Identifier: Apache-2.0
//
// What goes to the network, and comes from there.
#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "troupe/transport/quic/quic_state.hpp"

namespace troupe {

namespace {

/// Most bytes of datagrams that leave together, and most datagrams: what Linux
/// takes with one call.
constexpr size_t batch_bytes = 60'000;
constexpr size_t batch_datagrams = 40;

/// The library spreads over time what it sends. Who closes has no more time, so
/// that it is given this much: enough for what there may be in flight.
constexpr duration closing_time = std::chrono::seconds{1};

/// Most pieces of a stream that the library is shown at once. From four on,
/// ngtcp2 0.12 takes memory for a frame that it does not give back once it has
/// sent a part of it again: so much for each datagram that a remote loses.
constexpr size_t pieces_max = 3;

failure library_failure(int code) {
  auto said = std::string{ngtcp2_strerror(code)};
  switch (code) {
    case NGTCP2_ERR_IDLE_CLOSE:
      return {errc::peer_silent, {}};
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
      return {errc::timeout, "the remote did not finish the handshake in time"};
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
    case NGTCP2_ERR_VERSION_NEGOTIATION_FAILURE:
      return {errc::unsupported_protocol,
              "the remote does not speak version 1 of QUIC"};
    case NGTCP2_ERR_CRYPTO:
    case NGTCP2_ERR_REQUIRED_TRANSPORT_PARAM:
    case NGTCP2_ERR_MALFORMED_TRANSPORT_PARAM:
    case NGTCP2_ERR_TRANSPORT_PARAM:
    case NGTCP2_ERR_CRYPTO_BUFFER_EXCEEDED:
    case NGTCP2_ERR_CALLBACK_FAILURE:
    case NGTCP2_ERR_RETRY:
    case NGTCP2_ERR_DROP_CONN:
      return {errc::malformed_handshake, std::move(said)};
    default:
      return {errc::malformed_packet, std::move(said)};
  }
}

quic_end closed_by_remote(const ngtcp2_close_reason& reason) {
  quic_end result;
  result.remote_reason.assign(reinterpret_cast<const char*>(reason.reason),
                              std::min(reason.reasonlen, quic_reason_max));
  if (of_application(reason))
    result.remote_code = reason.error_code;
  if (!result.remote_code && reason.error_code == NGTCP2_CONNECTION_REFUSED) {
    result.why = {errc::connection_refused, {}};
    return result;
  }
  result.why = {errc::connection_closed,
                reason.error_code == 0
                    ? std::string{}
                    : fmt::format("the remote closed with {}{:#x}",
                                  result.remote_code ? "" : "QUIC's code ",
                                  reason.error_code)};
  return result;
}

} // namespace

void quic_connection::receive(byte_view datagram, time_point now) {
  auto& self = *state_;
  if (self.ended || self.closing || datagram.empty()
      || datagram.size() > quic_datagram_limit)
    return;
  self.heard = true;
  const auto waits = self.held && !ngtcp2_conn_is_server(self.native);
  if (!waits || self.held_handshake.empty())
    self.read(datagram, now);
  // What comes with the first part of the handshake, and behind it, can only be
  // read once that was.
  if (waits && !self.held_handshake.empty()
      && self.held_datagrams.size() < quic_held_datagrams)
    self.held_datagrams.emplace_back(datagram.begin(), datagram.end());
}

void quic_connection::state::read(byte_view datagram, time_point now) {
  auto where = fixed_path{};
  ngtcp2_pkt_info info{};
  streams.set_time(now);
  check(ngtcp2_conn_read_pkt(native, &where.path, &info, raw(datagram),
                             datagram.size(), troupe::to_native(now)));
  streams.unblock();
}

void quic_connection::state::check(int code) {
  if (code == 0 || closing || ended)
    return;
  if (code == NGTCP2_ERR_DRAINING) {
    end(reset_seen ? quic_end{{errc::connection_closed,
                               "the remote does not know the connection"}}
                   : closed_by_remote(remote_reason(native)));
    return;
  }
  quic_end found{library_failure(code)};
  if (code == NGTCP2_ERR_CRYPTO && tls->refusal().code != errc::none)
    found.why = tls->refusal();
  if (code == NGTCP2_ERR_IDLE_CLOSE || code == NGTCP2_ERR_HANDSHAKE_TIMEOUT
      || code == NGTCP2_ERR_DROP_CONN || code == NGTCP2_ERR_RETRY
      || code == NGTCP2_ERR_RECV_VERSION_NEGOTIATION) {
    end(std::move(found));
    return;
  }
  closing = library_reason(code, ngtcp2_conn_get_tls_alert(native));
  closing_end = std::move(found);
  close_at_once = true;
}

void quic_connection::state::end(quic_end why) {
  if (!ended)
    ended = std::move(why);
}

size_t quic_connection::state::write_one(byte_span out, time_point now) {
  auto* data = reinterpret_cast<uint8_t*>(out.data());
  auto where = fixed_path{};
  ngtcp2_pkt_info info{};
  std::array<byte_view, pieces_max> pieces;
  std::array<ngtcp2_vec, pieces_max> vectors{};
  const auto stamp = troupe::to_native(now);
  for (;;) {
    // -1 is no stream: only what QUIC itself has to say.
    const auto turn
        = (established ? streams.next(now) : std::nullopt).value_or(-1);
    size_t count = 0;
    size_t size = 0;
    uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
    if (turn >= 0) {
      const auto& outbox = streams.outbox(turn);
      count = outbox.next(pieces);
      for (size_t i = 0; i < count; ++i) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
        auto* piece = const_cast<std::byte*>(pieces[i].data());
        vectors[i] = {reinterpret_cast<uint8_t*>(piece), pieces[i].size()};
        size += pieces[i].size();
      }
      flags |= NGTCP2_WRITE_STREAM_FLAG_MORE;
      if (outbox.ends_with(size))
        flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    }
    ngtcp2_ssize taken = -1;
    const auto written = ngtcp2_conn_writev_stream(
        native, &where.path, &info, data, out.size(), &taken, flags, turn,
        vectors.data(), count, stamp);
    if (turn >= 0 && taken >= 0) {
      const auto part = static_cast<size_t>(taken);
      streams.sent(turn, part,
                   (flags & NGTCP2_WRITE_STREAM_FLAG_FIN) != 0 && part == size);
      sink.on_sent(turn, streams.outbox(turn).total_sent());
    }
    switch (written) {
      case NGTCP2_ERR_WRITE_MORE:
        continue;
      case NGTCP2_ERR_STREAM_DATA_BLOCKED:
        streams.block(turn);
        continue;
      case NGTCP2_ERR_STREAM_SHUT_WR:
      case NGTCP2_ERR_STREAM_NOT_FOUND:
        streams.abandon(turn);
        sink.on_stopped(turn);
        continue;
      default:
        break;
    }
    if (written < 0) {
      check(static_cast<int>(written));
      return 0;
    }
    return static_cast<size_t>(written);
  }
}

/// Writes why we close, once. The remote may not see it, but then it hears that
/// we do not know the connection.
size_t quic_connection::state::write_close(byte_span out, time_point now) {
  auto where = fixed_path{};
  ngtcp2_pkt_info info{};
  const auto written = ngtcp2_conn_write_connection_close(
      native, &where.path, &info, reinterpret_cast<uint8_t*>(out.data()),
      out.size(), &*closing, troupe::to_native(now));
  end(std::move(closing_end));
  return written > 0 ? static_cast<size_t>(written) : 0;
}

std::optional<datagram_batch> quic_connection::produce(time_point now) {
  auto& self = *state_;
  // A server has no keys before it has read something, and the library takes
  // that for granted.
  if (self.ended || (!self.heard && ngtcp2_conn_is_server(self.native)))
    return std::nullopt;
  self.streams.set_time(now);
  self.path.look(self.streams.waiting_since(),
                 duration{ngtcp2_conn_get_pto(self.native)}, now);
  if (self.closing)
    now += closing_time;
  if (!self.overhang.empty()) {
    const auto size = self.overhang.size();
    return datagram_batch{std::exchange(self.overhang, {}), size};
  }
  const auto each = self.path.allowed();
  const auto quantum
      = std::max(ngtcp2_conn_get_send_quantum(self.native), each);
  const auto most = std::min(
      {self.streams.unsent() + 2 * each, batch_bytes, quantum + each});
  datagram_batch result{raw_bytes(most)};
  size_t filled = 0;
  for (size_t count = 0;
       count < batch_datagrams && filled + each <= most && !self.close_at_once;
       ++count) {
    auto out = byte_span{result.data}.subspan(filled, each);
    const auto size = self.write_one(out, now);
    if (size == 0)
      break;
    if (result.segment == 0)
      result.segment = size;
    if (size > result.segment) {
      self.overhang.assign(out.begin(), out.begin() + ptrdiff_t(size));
      break;
    }
    filled += size;
    if (size < result.segment)
      break;
  }
  // The library has an alarm for when the next one may go, whether or not there
  // is one. Behind a mere acknowledgement it would go off for nothing.
  if (filled > each || self.streams.unsent() > 0)
    ngtcp2_conn_update_pkt_tx_time(self.native, troupe::to_native(now));
  if (filled == 0 && self.closing && self.overhang.empty())
    filled = result.segment
        = self.write_close(byte_span{result.data}.first(each), now);
  if (filled == 0)
    return std::nullopt;
  result.data.resize(filled);
  return result;
}

void quic_connection::tick(time_point now) {
  auto& self = *state_;
  if (self.ended || self.closing || next_wakeup() > now)
    return;
  self.check(ngtcp2_conn_handle_expiry(self.native, troupe::to_native(now)));
}

time_point quic_connection::next_wakeup() const {
  if (state_->ended || state_->closing)
    return time_point::max();
  const auto when = ngtcp2_conn_get_expiry(state_->native);
  if (when == std::numeric_limits<ngtcp2_tstamp>::max())
    return time_point::max();
  return time_point{
      duration{when - std::min(when, ngtcp2_tstamp{NGTCP2_SECONDS})}};
}

quic_ids quic_connection::take_ids() {
  return std::exchange(state_->ids, {});
}

} // namespace troupe
