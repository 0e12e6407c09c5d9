// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "troupe/actors/node/option_info.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"
#include "troupe/transport/admission/rate_setting.hpp"
#include "troupe/transport/receive_limits.hpp"

namespace troupe {

/// Short names for the tables of options.
namespace option_words {

/// A whole number.
inline constexpr auto count = option_type::count;

/// A number.
inline constexpr auto number = option_type::number;

/// A time.
inline constexpr auto timed = option_type::time;

} // namespace option_words

// What fields of our own types are as options, for `row_for`.

inline option_value to_option(const std::optional<rate_limit>& x) {
  return setting_of(x);
}

inline void from_option(const option_value& value,
                        std::optional<rate_limit>& x) {
  set_rate(x, std::get<double>(value));
}

inline option_value to_option(subnet_scope x) {
  return to_string(x);
}

inline void from_option(const option_value& value, subnet_scope& x) {
  from_string(std::get<std::string>(value), x);
}

inline option_value to_option(unknown_channel_policy x) {
  return to_string(x);
}

inline void from_option(const option_value& value, unknown_channel_policy& x) {
  x = parse_unknown_channel_policy(std::get<std::string>(value)).value_or(x);
}

inline option_value to_option(const std::vector<ip_network>& x) {
  std::vector<std::string> result;
  for (const auto& network : x)
    result.push_back(to_string(network));
  return result;
}

inline void from_option(const option_value& value, std::vector<ip_network>& x) {
  x.clear();
  for (const auto& text : std::get<std::vector<std::string>>(value))
    if (auto network = ip_network::parse(text))
      x.push_back(*network);
}

} // namespace troupe
