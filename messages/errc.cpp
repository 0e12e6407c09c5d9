// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/errc.hpp"

#include <array>

namespace troupe {

namespace {

/// In the order of the enum; `errc.test.cpp` checks that none is missing.
constexpr std::array names = {
    std::string_view{"none"},
    std::string_view{"invalid_node_id"},
    std::string_view{"invalid_address"},
    std::string_view{"invalid_endpoint"},
    std::string_view{"invalid_key"},
    std::string_view{"invalid_option"},
    std::string_view{"unknown_host"},
    std::string_view{"file_error"},
    std::string_view{"malformed_handshake"},
    std::string_view{"oversized_handshake"},
    std::string_view{"low_order_point"},
    std::string_view{"reflected_key"},
    std::string_view{"unsupported_key_type"},
    std::string_view{"invalid_signature"},
    std::string_view{"undecryptable_frame"},
    std::string_view{"oversized_frame"},
    std::string_view{"nonce_exhausted"},
    std::string_view{"invalid_node_info"},
    std::string_view{"identity_mismatch"},
    std::string_view{"unexpected_peer"},
    std::string_view{"wrong_network"},
    std::string_view{"wrong_block_version"},
    std::string_view{"no_common_channel"},
    std::string_view{"self_connection"},
    std::string_view{"malformed_packet"},
    std::string_view{"oversized_packet"},
    std::string_view{"unknown_channel"},
    std::string_view{"oversized_message"},
    std::string_view{"connection_closed"},
    std::string_view{"connection_refused"},
    std::string_view{"timeout"},
    std::string_view{"peer_silent"},
    std::string_view{"unsupported_protocol"},
    std::string_view{"cannot_listen"},
    std::string_view{"invalid_state"},
    std::string_view{"unknown_peer"},
    std::string_view{"already_connected"},
    std::string_view{"too_many_peers"},
    std::string_view{"filtered"},
    std::string_view{"evicted"},
    std::string_view{"invalid_channel"},
    std::string_view{"duplicate_channel"},
    std::string_view{"not_connected"},
    std::string_view{"peer_lacks_channel"},
    std::string_view{"queue_full"},
    std::string_view{"malformed_message"},
    std::string_view{"unexpected_message"},
    std::string_view{"shutting_down"},
    std::string_view{"store_failed"},
    std::string_view{"banned"},
    std::string_view{"incompatible"},
    std::string_view{"too_many_from_ip"},
    std::string_view{"rate_limited"},
    std::string_view{"by_operator"},
    std::string_view{"misbehaved"},
    std::string_view{"stalled_message"},
    std::string_view{"over_budget"},
    std::string_view{"hung_up"},
    std::string_view{"channels_changed"},
    std::string_view{"node_lost"},
    std::string_view{"broken_cryptography"},
};

} // namespace

std::string to_string(errc code) {
  auto index = static_cast<size_t>(code);
  return std::string{index < names.size() ? names[index] : "unknown"};
}

bool from_string(std::string_view text, errc& code) {
  for (size_t index = 0; index < names.size(); ++index) {
    if (names[index] == text) {
      code = static_cast<errc>(index);
      return true;
    }
  }
  return false;
}

bool from_integer(uint8_t value, errc& code) {
  if (value >= names.size())
    return false;
  code = static_cast<errc>(value);
  return true;
}

std::string to_string(const failure& what) {
  return what.context.empty() ? to_string(what.code) : what.context;
}

} // namespace troupe
