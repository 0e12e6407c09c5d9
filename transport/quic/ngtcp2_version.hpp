// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/time.hpp"

// What versions of ngtcp2 call by different names: before 1.0, as in Debian 12,
// and since.

#if NGTCP2_VERSION_NUM >= 0x010000

/// The keys that data of the handshake is encrypted with.
using ngtcp2_level = ngtcp2_encryption_level;

/// Why a connection is closed.
using ngtcp2_close_reason = ngtcp2_ccerr;

#else

using ngtcp2_level = ngtcp2_crypto_level;

using ngtcp2_close_reason = ngtcp2_connection_close_error;

#endif

namespace troupe {

/// The reason for what one of the library's functions returned.
/// @param alert of TLS, if that was at fault.
ngtcp2_close_reason library_reason(int error, uint8_t alert);

/// A reason of the protocol above. @param text has to outlive it.
ngtcp2_close_reason application_reason(uint64_t code, const std::string& text);

/// With what the remote has closed.
ngtcp2_close_reason remote_reason(ngtcp2_conn* connection);

/// Whether a reason is the protocol's above.
bool of_application(const ngtcp2_close_reason& reason);

/// Asks the remote to send no more on a stream.
int stop_reading(ngtcp2_conn* connection, int64_t stream, uint64_t code);

/// Gives up sending on a stream.
int reset_writing(ngtcp2_conn* connection, int64_t stream, uint64_t code);

/// Tells a server which ID its client began with.
void set_original_id(ngtcp2_transport_params& params, const ngtcp2_cid& id);

/// Tells a server that the token of the first packet is one of its own. The
/// token has to outlive the settings.
void set_token(ngtcp2_settings& settings, byte_view token);

/// The token of a first packet.
byte_view token_of(const ngtcp2_pkt_hd& header);

/// How long the remote takes to answer.
duration round_trip_time(ngtcp2_conn* connection);

} // namespace troupe
