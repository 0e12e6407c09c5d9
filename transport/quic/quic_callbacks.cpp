// SPDX-License-Identifier: Apache-2.0
//
// What ngtcp2 calls.
#include <algorithm>
#include <span>

#include "troupe/transport/quic/quic_state.hpp"

namespace troupe {

namespace {

/// Ends the connection: the remote did what we do not put up with.
constexpr int refuse = NGTCP2_ERR_CALLBACK_FAILURE;

byte_view view(const uint8_t* data, size_t size) {
  return std::as_bytes(std::span{data, size});
}

} // namespace

ngtcp2_callbacks quic_connection::state::make_callbacks() {
  ngtcp2_callbacks result{};
  tls->prepare(result);
  take_crypto = result.recv_crypto_data;
  result.recv_crypto_data
      = [](ngtcp2_conn* conn, ngtcp2_level level, uint64_t offset,
           const uint8_t* data, size_t size, void* user) {
          auto& self = *static_cast<state*>(user);
          if (!self.held)
            return self.take_crypto(conn, level, offset, data, size, user);
          self.held_bytes += size;
          if (self.held_bytes > quic_held_handshake)
            return refuse;
          auto copy = view(data, size);
          self.held_handshake.push_back(
              {level, offset, bytes{copy.begin(), copy.end()}});
          return 0;
        };
  result.handshake_completed = [](ngtcp2_conn*, void* user) {
    auto& self = *static_cast<state*>(user);
    self.established = true;
    self.sink.on_established();
    return 0;
  };
  result.recv_stream_data
      = [](ngtcp2_conn* conn, uint32_t flags, int64_t stream, uint64_t,
           const uint8_t* data, size_t size, void* user, void*) {
          auto& self = *static_cast<state*>(user);
          // The connection's window is not for readers of streams to hold.
          if (self.window_held)
            self.window_due += size;
          else
            ngtcp2_conn_extend_max_offset(conn, size);
          self.sink.on_data(stream, view(data, size),
                            (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
          return 0;
        };
  result.stream_open = [](ngtcp2_conn*, int64_t stream, void* user) {
    auto& self = *static_cast<state*>(user);
    if (ngtcp2_is_bidi_stream(stream))
      self.streams.add(stream, 1);
    return 0;
  };
  result.stream_close = [](ngtcp2_conn* conn, uint32_t flags, int64_t stream,
                           uint64_t code, void* user, void*) {
    auto& self = *static_cast<state*>(user);
    self.streams.remove(stream);
    if (!ngtcp2_conn_is_local_stream(conn, stream)) {
      if (ngtcp2_is_bidi_stream(stream))
        ngtcp2_conn_extend_max_streams_bidi(conn, 1);
      else
        ngtcp2_conn_extend_max_streams_uni(conn, 1);
    }
    const auto given
        = (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0;
    self.sink.on_closed(stream, given ? std::optional{code} : std::nullopt);
    return 0;
  };
  result.stream_reset = [](ngtcp2_conn*, int64_t stream, uint64_t,
                           uint64_t code, void* user, void*) {
    static_cast<state*>(user)->sink.on_reset(stream, code);
    return 0;
  };
  result.acked_stream_data_offset = [](ngtcp2_conn*, int64_t stream, uint64_t,
                                       uint64_t size, void* user, void*) {
    static_cast<state*>(user)->streams.acknowledged(stream,
                                                    static_cast<size_t>(size));
    return 0;
  };
  result.rand = [](uint8_t* out, size_t size, const ngtcp2_rand_ctx* context) {
    static_cast<entropy*>(context->native_handle)
        ->fill(std::as_writable_bytes(std::span{out, size}));
  };
  result.get_new_connection_id = [](ngtcp2_conn*, ngtcp2_cid* id,
                                    uint8_t* token, size_t, void* user) {
    auto& self = *static_cast<state*>(user);
    *id = self.draw_id();
    return ngtcp2_crypto_generate_stateless_reset_token(
               token, reinterpret_cast<const uint8_t*>(self.resets.data()),
               self.resets.size(),
               id) == 0
               ? 0
               : refuse;
  };
  result.remove_connection_id = [](ngtcp2_conn*, const ngtcp2_cid* id,
                                   void* user) {
    static_cast<state*>(user)->ids.retired.emplace_back(id->data, id->datalen);
    return 0;
  };
  result.get_path_challenge_data = [](ngtcp2_conn*, uint8_t* data, void* user) {
    static_cast<state*>(user)->random.fill(
        std::as_writable_bytes(std::span{data, NGTCP2_PATH_CHALLENGE_DATALEN}));
    return 0;
  };
  result.recv_stateless_reset
      = [](ngtcp2_conn*, const ngtcp2_pkt_stateless_reset*, void* user) {
          static_cast<state*>(user)->reset_seen = true;
          return 0;
        };
  return result;
}

ngtcp2_settings quic_connection::state::make_settings(time_point now) {
  ngtcp2_settings result;
  ngtcp2_settings_default(&result);
  result.initial_ts = troupe::to_native(now);
  result.cc_algo = NGTCP2_CC_ALGO_CUBIC;
  result.max_tx_udp_payload_size = options.datagram_max;
  result.handshake_timeout
      = static_cast<ngtcp2_duration>(options.handshake_timeout.count());
  result.rand_ctx.native_handle = &random;
  return result;
}

ngtcp2_transport_params quic_connection::state::make_params() const {
  ngtcp2_transport_params result;
  ngtcp2_transport_params_default(&result);
  result.initial_max_data = options.connection_window;
  result.initial_max_stream_data_bidi_local = options.stream_window;
  result.initial_max_stream_data_bidi_remote = options.stream_window;
  result.initial_max_stream_data_uni = options.stream_window;
  result.initial_max_streams_bidi = options.streams_bidi;
  result.initial_max_streams_uni = options.streams_uni;
  result.max_idle_timeout
      = static_cast<ngtcp2_duration>(options.idle_timeout.count());
  result.max_udp_payload_size = quic_datagram_limit;
  result.disable_active_migration = 1;
  return result;
}

ngtcp2_cid quic_connection::state::draw_id() {
  ngtcp2_cid result;
  result.datalen = connection_id::own_size;
  random.fill(
      std::as_writable_bytes(std::span{result.data, connection_id::own_size}));
  ids.added.emplace_back(result.data, result.datalen);
  return result;
}

} // namespace troupe
