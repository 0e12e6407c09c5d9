// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <netinet/in.h>

#include "troupe/transport/quic/ngtcp2_version.hpp"
#include "troupe/transport/quic/path_size.hpp"
#include "troupe/transport/quic/quic_connection.hpp"
#include "troupe/transport/quic/quic_streams.hpp"

namespace troupe {

/// What a connection is made of, and ngtcp2's callbacks find.
struct quic_connection::state {
  /// Handshake that waits for `proceed`.
  struct held_data {
    ngtcp2_level level;
    uint64_t offset;
    bytes data;
  };

  state(const quic_options& limits, std::unique_ptr<quic_tls> with,
        quic_sink& above, entropy& source)
    : options(limits),
      tls(std::move(with)),
      sink(above),
      random(source),
      streams(limits.in_flight_max),
      path(limits.datagram_max) {}

  ~state() {
    if (native)
      ngtcp2_conn_del(native);
  }

  /// Names the callbacks of the library.
  ngtcp2_callbacks make_callbacks();

  /// Names the limits in the library's words.
  ngtcp2_settings make_settings(time_point now);
  [[nodiscard]] ngtcp2_transport_params make_params() const;

  /// Draws an ID, by which the remote calls us.
  ngtcp2_cid draw_id();

  void read(byte_view datagram, time_point now);

  /// Notes what one of the library's functions returned.
  void check(int code);

  /// Writes one datagram. @returns its size, 0 if there is none now.
  size_t write_one(byte_span out, time_point now);
  size_t write_close(byte_span out, time_point now);

  /// Ends at once. Later reasons do not count.
  void end(quic_end why);

  quic_options options;
  std::unique_ptr<quic_tls> tls; // Outlives `native`.
  quic_sink& sink;
  entropy& random;
  reset_secret resets{};
  ngtcp2_conn* native = nullptr;
  ngtcp2_recv_crypto_data take_crypto = nullptr;

  bool held = true;
  std::vector<held_data> held_handshake;
  size_t held_bytes = 0;
  std::deque<bytes> held_datagrams;

  bool heard = false;
  bool established = false;
  bool reset_seen = false;
  quic_ids ids;
  quic_streams streams;
  path_size path;

  /// Whether the connection's window is held, and what of it is due.
  bool window_held = false;
  uint64_t window_due = 0;

  /// With what to close, once it was decided, and what that is for us.
  std::optional<ngtcp2_close_reason> closing;
  std::string closing_text; // `closing` points there.
  quic_end closing_end;
  bool close_at_once = false;
  std::optional<quic_end> ended;

  /// A datagram that did not fit behind the others of its batch.
  raw_bytes overhang;
};

/// Bytes as C libraries take them.
inline const uint8_t* raw(byte_view data) {
  return reinterpret_cast<const uint8_t*>(data.data());
}

/// The library tells places apart, and there is only one for us.
struct fixed_path {
  fixed_path() {
    for (auto* end : {&local, &remote}) {
      end->sin_family = AF_INET;
      end->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    remote.sin_port = htons(1);
    path.local = {reinterpret_cast<sockaddr*>(&local), sizeof(local)};
    path.remote = {reinterpret_cast<sockaddr*>(&remote), sizeof(remote)};
  }

  sockaddr_in local{};
  sockaddr_in remote{};
  ngtcp2_path path{};
};

/// An ID as the library has it.
inline ngtcp2_cid to_native(const connection_id& id) {
  ngtcp2_cid result;
  const auto data = id.bytes();
  ngtcp2_cid_init(&result, raw(data), data.size());
  return result;
}

/// Returns `now` as the library counts, from 1 on.
inline ngtcp2_tstamp to_native(time_point now) {
  return static_cast<ngtcp2_tstamp>(now.time_since_epoch().count())
         + NGTCP2_SECONDS;
}

} // namespace troupe
