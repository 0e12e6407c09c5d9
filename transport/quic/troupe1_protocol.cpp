// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/troupe1_protocol.hpp"

#include <algorithm>
#include <span>

#include "troupe/messages/uvarint.hpp"

namespace troupe {

namespace {

/// Longest that anybody is told to stay away: what is more is as good as this.
constexpr uint64_t wait_max = 7 * 24 * 3600;

std::optional<uint64_t> read_number(byte_view& input) {
  const auto found = decode_uvarint(input);
  if (found.status != uvarint_status::complete)
    return std::nullopt;
  input = input.subspan(found.size);
  return found.value;
}

} // namespace

troupe1_code to_troupe1(errc code) {
  switch (code) {
    case errc::none:
    case errc::connection_closed:
    case errc::hung_up:
    case errc::shutting_down:
      return troupe1_code::closed;
    case errc::malformed_handshake:
    case errc::oversized_handshake:
    case errc::malformed_packet:
    case errc::oversized_packet:
    case errc::oversized_message:
    case errc::unknown_channel:
    case errc::invalid_node_info:
    case errc::identity_mismatch:
      return troupe1_code::violation;
    case errc::over_budget:
    case errc::too_many_from_ip:
    case errc::rate_limited:
      return troupe1_code::limits;
    case errc::timeout:
    case errc::peer_silent:
    case errc::stalled_message:
      return troupe1_code::timeout;
    default:
      return troupe1_code::refused;
  }
}

bytes encode_goodbye(const troupe1_goodbye& what) {
  bytes result;
  result.push_back(static_cast<std::byte>(troupe1_frame::goodbye));
  append_uvarint(result, what.streams);
  append_uvarint(result, static_cast<uint64_t>(what.code));
  const auto wait = std::max<int64_t>(what.retry_after.count(), 0);
  append_uvarint(result, std::min(static_cast<uint64_t>(wait), wait_max));
  const auto text
      = std::as_bytes(std::span{what.reason})
            .first(std::min(what.reason.size(), troupe1_reason_max));
  result.insert(result.end(), text.begin(), text.end());
  return result;
}

std::optional<troupe1_goodbye> decode_goodbye(byte_view frame) {
  if (frame.empty()
      || frame[0] != static_cast<std::byte>(troupe1_frame::goodbye))
    return std::nullopt;
  auto rest = frame.subspan(1);
  const auto streams = read_number(rest);
  const auto code = streams ? read_number(rest) : std::nullopt;
  const auto wait = code ? read_number(rest) : std::nullopt;
  if (!wait || rest.size() > troupe1_reason_max)
    return std::nullopt;
  troupe1_goodbye result;
  result.streams = *streams;
  result.code = static_cast<troupe1_code>(*code);
  result.retry_after
      = std::chrono::seconds{static_cast<int64_t>(std::min(*wait, wait_max))};
  result.reason.assign(reinterpret_cast<const char*>(rest.data()), rest.size());
  return result;
}

} // namespace troupe
