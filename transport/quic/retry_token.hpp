// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/connection_id.hpp"
#include "troupe/transport/quic/quic_connection.hpp"
#include "troupe/transport/quic/udp_place.hpp"

namespace troupe {

/// What a token of a Retry is for: whoever brings it back is where he says he
/// is (RFC 9000, 8.1.2).
struct retry_claim {
  uint32_t version = 0;

  /// Where the client is.
  udp_place where;

  /// What we call ourselves in the Retry, which the client sends to from then
  /// on.
  connection_id own;
};

/// Makes a token. Nobody else can, and whoever reads it learns nothing that the
/// client has not said. Unlike those of ngtcp2, it draws no random numbers.
/// @param before whom the client had sent to.
bytes write_retry_token(const retry_claim& about, const connection_id& before,
                        const reset_secret& secret, time_point now);

/// Reads a token of ours.
/// @returns whom the client had sent to at first; nothing if it is not ours, or
///          for something else, or older than `age_max`.
std::optional<connection_id> read_retry_token(byte_view token,
                                              const retry_claim& about,
                                              const reset_secret& secret,
                                              duration age_max, time_point now);

} // namespace troupe
