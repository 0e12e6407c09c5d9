// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/culprit.hpp"

namespace troupe {

culprit culprit_of(errc reason) {
  // Without a default, so that compilers tell which code is missing.
  switch (reason) {
    // Bytes that no correct node sends.
    case errc::malformed_handshake:
    case errc::oversized_handshake:
    case errc::low_order_point:
    case errc::reflected_key:
    case errc::unsupported_key_type:
    case errc::invalid_signature:
    case errc::undecryptable_frame:
    case errc::oversized_frame:
    case errc::invalid_node_info:
    case errc::identity_mismatch:
    case errc::malformed_packet:
    case errc::oversized_packet:
    // Only where the options say that it ends connections.
    case errc::unknown_channel:
    case errc::oversized_message:
    // What a reactor or a decoder reports.
    case errc::malformed_message:
    case errc::unexpected_message:
    case errc::rate_limited:
    case errc::misbehaved:
      return culprit::remote;
    // It went, or is not for us.
    case errc::unexpected_peer:
    case errc::wrong_network:
    case errc::wrong_block_version:
    case errc::no_common_channel:
    case errc::self_connection:
    case errc::unknown_host:
    case errc::connection_closed:
    case errc::connection_refused:
    // It may be slow, or the network is.
    case errc::timeout:
    case errc::peer_silent:
    case errc::stalled_message:
      return culprit::nobody;
    case errc::none:
    case errc::invalid_node_id:
    case errc::invalid_address:
    case errc::invalid_endpoint:
    case errc::invalid_key:
    case errc::invalid_option:
    case errc::file_error:
    case errc::nonce_exhausted:
    case errc::unsupported_protocol:
    case errc::cannot_listen:
    case errc::invalid_state:
    case errc::unknown_peer:
    case errc::already_connected:
    case errc::too_many_peers:
    case errc::filtered:
    case errc::evicted:
    case errc::invalid_channel:
    case errc::duplicate_channel:
    case errc::not_connected:
    case errc::peer_lacks_channel:
    case errc::queue_full:
    case errc::shutting_down:
    case errc::store_failed:
    case errc::banned:
    case errc::incompatible:
    case errc::too_many_from_ip:
    case errc::by_operator:
    // Others may have needed the memory.
    case errc::over_budget:
    case errc::hung_up:
    case errc::channels_changed:
    case errc::node_lost:
    case errc::broken_cryptography:
      return culprit::us;
  }
  return culprit::us;
}

std::optional<peer_behaviour> behaviour_behind(errc reason) {
  if (culprit_of(reason) != culprit::remote)
    return std::nullopt;
  switch (reason) {
    case errc::unexpected_message:
      return peer_behaviour::unsolicited;
    case errc::rate_limited:
      return peer_behaviour::spam;
    case errc::misbehaved:
      return peer_behaviour::protocol_violation;
    default:
      return peer_behaviour::bad_message;
  }
}

} // namespace troupe
