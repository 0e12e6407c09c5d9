// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_connection.hpp"

#include <algorithm>
#include <utility>

#include "troupe/transport/quic/quic_state.hpp"

namespace troupe {

// -- construction -------------------------------------------------------------

quic_connection::quic_connection(std::unique_ptr<state> made)
  : state_(std::move(made)) {}

quic_connection::~quic_connection() = default;

result<std::unique_ptr<quic_connection>>
quic_connection::dial(const quic_options& options,
                      std::unique_ptr<quic_tls> tls, quic_sink& sink,
                      entropy& random, time_point now) {
  auto made = std::make_unique<state>(options, std::move(tls), sink, random);
  random.fill(made->resets); // Nobody makes a reset of them.
  const auto callbacks = made->make_callbacks();
  const auto settings = made->make_settings(now);
  const auto params = made->make_params();
  const auto own = made->draw_id();
  auto whom = bytes(connection_id::own_size);
  random.fill(whom);
  const auto theirs = to_native(connection_id{whom});
  auto where = fixed_path{};
  const auto code = ngtcp2_conn_client_new(
      &made->native, &theirs, &own, &where.path, NGTCP2_PROTO_VER_V1,
      &callbacks, &settings, &params, nullptr, made.get());
  if (code != 0)
    return {errc::malformed_handshake, ngtcp2_strerror(code)};
  made->tls->attach(made->native);
  ngtcp2_conn_set_keep_alive_timeout(
      made->native, static_cast<ngtcp2_duration>(options.keep_alive.count()));
  return std::unique_ptr<quic_connection>{new quic_connection{std::move(made)}};
}

result<std::unique_ptr<quic_connection>>
quic_connection::accept(const quic_options& options,
                        std::unique_ptr<quic_tls> tls, quic_sink& sink,
                        entropy& random, const quic_initial& first,
                        const reset_secret& resets, time_point now) {
  auto made = std::make_unique<state>(options, std::move(tls), sink, random);
  made->resets = resets;
  const auto callbacks = made->make_callbacks();
  auto settings = made->make_settings(now);
  auto params = made->make_params();
  const auto own = made->draw_id();
  const auto to = to_native(first.to);
  const auto theirs = to_native(first.from);
  set_original_id(params,
                  first.before_retry ? to_native(*first.before_retry) : to);
  if (first.before_retry) {
    params.retry_scid = to;
    params.retry_scid_present = 1;
    set_token(settings, first.token);
  }
  params.stateless_reset_token_present = 1;
  ngtcp2_crypto_generate_stateless_reset_token(
      params.stateless_reset_token, raw(resets), resets.size(), &own);
  auto where = fixed_path{};
  const auto code = ngtcp2_conn_server_new(
      &made->native, &theirs, &own, &where.path, first.version, &callbacks,
      &settings, &params, nullptr, made.get());
  if (code != 0)
    return {errc::malformed_handshake, ngtcp2_strerror(code)};
  // Packets are for the client's choice until it has learned ours.
  made->ids.added.push_back(first.to);
  made->tls->attach(made->native);
  ngtcp2_conn_set_keep_alive_timeout(
      made->native, static_cast<ngtcp2_duration>(options.keep_alive.count()));
  return std::unique_ptr<quic_connection>{new quic_connection{std::move(made)}};
}

// -- its life -----------------------------------------------------------------

void quic_connection::proceed(quic_tls::judge decides, time_point now) {
  auto& self = *state_;
  self.tls->judge_with(std::move(decides));
  self.held = false;
  for (auto& part : std::exchange(self.held_handshake, {}))
    if (!self.ended && !self.closing)
      self.check(self.take_crypto(self.native, part.level, part.offset,
                                  raw(part.data), part.data.size(), &self));
  for (auto& datagram : std::exchange(self.held_datagrams, {}))
    receive(datagram, now);
}

bool quic_connection::heard() const noexcept {
  return state_->heard;
}

bool quic_connection::established() const noexcept {
  return state_->established;
}

void quic_connection::close(uint64_t code, std::string reason) {
  auto& self = *state_;
  if (self.ended || self.closing)
    return;
  reason.resize(std::min(reason.size(), quic_reason_max));
  self.closing_text = std::move(reason);
  self.closing = application_reason(code, self.closing_text);
  self.closing_end = {{errc::connection_closed, {}}};
}

const std::optional<quic_end>& quic_connection::ended() const noexcept {
  return state_->ended;
}

const quic_tls& quic_connection::tls() const noexcept {
  return *state_->tls;
}

duration quic_connection::rtt() const {
  return round_trip_time(state_->native);
}

void quic_connection::keep_alive(duration silence) {
  ngtcp2_conn_set_keep_alive_timeout(
      state_->native, static_cast<ngtcp2_duration>(silence.count()));
}

// -- streams ------------------------------------------------------------------

std::optional<stream_id> quic_connection::open_uni(int weight) {
  stream_id result = 0;
  if (ngtcp2_conn_open_uni_stream(state_->native, &result, nullptr) != 0)
    return std::nullopt;
  state_->streams.add(result, weight);
  return result;
}

std::optional<stream_id> quic_connection::open_bidi(int weight,
                                                    std::optional<int> group) {
  // A stream is not over, and its data stays, until the remote has ended its
  // part of it as well, and it need not.
  if (state_->streams.abandoned() >= state_->options.in_flight_max)
    return std::nullopt;
  stream_id result = 0;
  if (ngtcp2_conn_open_bidi_stream(state_->native, &result, nullptr) != 0)
    return std::nullopt;
  state_->streams.add(result, weight, group);
  return result;
}

void quic_connection::write(stream_write what) {
  state_->streams.write(std::move(what));
}

void quic_connection::reset(stream_id stream, uint64_t code) {
  if (!state_->streams.has(stream))
    return;
  state_->streams.abandon(stream);
  reset_writing(state_->native, stream, code);
}

void quic_connection::stop(stream_id stream, uint64_t code) {
  stop_reading(state_->native, stream, code);
}

void quic_connection::consume(stream_id stream, size_t size) {
  // Nothing is to be extended of a stream that is over.
  static_cast<void>(
      ngtcp2_conn_extend_max_stream_offset(state_->native, stream, size));
}

void quic_connection::allow(size_t bytes) noexcept {
  state_->streams.allow(bytes);
}

void quic_connection::hold_window(bool held) {
  state_->window_held = held;
  if (!held)
    ngtcp2_conn_extend_max_offset(state_->native,
                                  std::exchange(state_->window_due, 0));
}

size_t quic_connection::unsent() const noexcept {
  return state_->streams.unsent();
}

bool quic_connection::drained() const noexcept {
  return state_->streams.unsent() == 0 && state_->streams.unacknowledged() == 0;
}

} // namespace troupe
