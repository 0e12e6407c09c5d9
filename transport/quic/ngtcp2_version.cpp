// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/ngtcp2_version.hpp"

#include <span>

namespace troupe {

namespace {

const uint8_t* native(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

} // namespace

#if NGTCP2_VERSION_NUM >= 0x010000

ngtcp2_close_reason library_reason(int error, uint8_t alert) {
  ngtcp2_close_reason result;
  ngtcp2_ccerr_default(&result);
  if (error == NGTCP2_ERR_CRYPTO)
    ngtcp2_ccerr_set_tls_alert(&result, alert, nullptr, 0);
  else
    ngtcp2_ccerr_set_liberr(&result, error, nullptr, 0);
  return result;
}

ngtcp2_close_reason application_reason(uint64_t code, const std::string& text) {
  ngtcp2_close_reason result;
  ngtcp2_ccerr_default(&result);
  ngtcp2_ccerr_set_application_error(&result, code, native(text), text.size());
  return result;
}

ngtcp2_close_reason remote_reason(ngtcp2_conn* connection) {
  return *ngtcp2_conn_get_ccerr(connection);
}

bool of_application(const ngtcp2_close_reason& reason) {
  return reason.type == NGTCP2_CCERR_TYPE_APPLICATION;
}

int stop_reading(ngtcp2_conn* connection, int64_t stream, uint64_t code) {
  return ngtcp2_conn_shutdown_stream_read(connection, 0, stream, code);
}

int reset_writing(ngtcp2_conn* connection, int64_t stream, uint64_t code) {
  return ngtcp2_conn_shutdown_stream_write(connection, 0, stream, code);
}

void set_original_id(ngtcp2_transport_params& params, const ngtcp2_cid& id) {
  params.original_dcid = id;
  params.original_dcid_present = 1;
}

void set_token(ngtcp2_settings& settings, byte_view token) {
  settings.token = reinterpret_cast<const uint8_t*>(token.data());
  settings.tokenlen = token.size();
  settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
}

byte_view token_of(const ngtcp2_pkt_hd& header) {
  return std::as_bytes(std::span{header.token, header.tokenlen});
}

duration round_trip_time(ngtcp2_conn* connection) {
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info(connection, &info);
  return duration{info.smoothed_rtt};
}

#else

ngtcp2_close_reason library_reason(int error, uint8_t alert) {
  ngtcp2_close_reason result;
  ngtcp2_connection_close_error_default(&result);
  if (error == NGTCP2_ERR_CRYPTO)
    ngtcp2_connection_close_error_set_transport_error_tls_alert(&result, alert,
                                                                nullptr, 0);
  else
    ngtcp2_connection_close_error_set_transport_error_liberr(&result, error,
                                                             nullptr, 0);
  return result;
}

ngtcp2_close_reason application_reason(uint64_t code, const std::string& text) {
  ngtcp2_close_reason result;
  ngtcp2_connection_close_error_default(&result);
  ngtcp2_connection_close_error_set_application_error(
      &result, code, native(text), text.size());
  return result;
}

ngtcp2_close_reason remote_reason(ngtcp2_conn* connection) {
  ngtcp2_close_reason result;
  ngtcp2_conn_get_connection_close_error(connection, &result);
  return result;
}

bool of_application(const ngtcp2_close_reason& reason) {
  return reason.type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION;
}

int stop_reading(ngtcp2_conn* connection, int64_t stream, uint64_t code) {
  return ngtcp2_conn_shutdown_stream_read(connection, stream, code);
}

int reset_writing(ngtcp2_conn* connection, int64_t stream, uint64_t code) {
  return ngtcp2_conn_shutdown_stream_write(connection, stream, code);
}

void set_original_id(ngtcp2_transport_params& params, const ngtcp2_cid& id) {
  params.original_dcid = id;
}

void set_token(ngtcp2_settings& settings, byte_view token) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
  auto* data = const_cast<std::byte*>(token.data());
  settings.token = {reinterpret_cast<uint8_t*>(data), token.size()};
}

byte_view token_of(const ngtcp2_pkt_hd& header) {
  return std::as_bytes(std::span{header.token.base, header.token.len});
}

duration round_trip_time(ngtcp2_conn* connection) {
  ngtcp2_conn_stat info;
  ngtcp2_conn_get_conn_stat(connection, &info);
  return duration{info.smoothed_rtt};
}

#endif

} // namespace troupe
