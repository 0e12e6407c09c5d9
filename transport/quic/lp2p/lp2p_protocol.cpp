// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"

#include <fmt/format.h>

namespace troupe {

namespace {

constexpr std::string_view identify_name = "/ipfs/id/1.0.0";
constexpr std::string_view ping_name = "/ipfs/ping/1.0.0";
constexpr std::string_view channel_prefix = "/p2p/cometbft/1.0.0/channel/0x";

std::optional<unsigned> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9')
    return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f')
    return static_cast<unsigned>(digit - 'a') + 10;
  return std::nullopt;
}

} // namespace

std::string to_string(const lp2p_protocol& x) {
  switch (x.what) {
    case lp2p_protocol::kind::identify:
      return std::string{identify_name};
    case lp2p_protocol::kind::ping:
      return std::string{ping_name};
    default:
      return fmt::format("{}{:02x}", channel_prefix, x.channel);
  }
}

std::optional<lp2p_protocol> parse_lp2p_protocol(std::string_view name) {
  if (name == identify_name)
    return lp2p_protocol{lp2p_protocol::kind::identify};
  if (name == ping_name)
    return lp2p_protocol{lp2p_protocol::kind::ping};
  if (name.size() != channel_prefix.size() + 2
      || !name.starts_with(channel_prefix))
    return std::nullopt;
  const auto high = hex_digit(name[channel_prefix.size()]);
  const auto low = hex_digit(name.back());
  if (!high || !low)
    return std::nullopt;
  return lp2p_protocol{lp2p_protocol::kind::message,
                       static_cast<channel_id>(*high << 4 | *low)};
}

} // namespace troupe
