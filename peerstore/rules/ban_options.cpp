// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/ban_options.hpp"

namespace troupe {

failure validate(const ban_options& options) {
  if (options.min_ban_time <= duration::zero())
    return {errc::invalid_option, "min_ban_time: expected more than 0"};
  if (options.max_ban_time < options.min_ban_time)
    return {errc::invalid_option,
            "max_ban_time: expected at least min_ban_time"};
  if (options.max_banned == 0)
    return {errc::invalid_option, "max_banned is 0, expected at least 1"};
  return {};
}

} // namespace troupe
