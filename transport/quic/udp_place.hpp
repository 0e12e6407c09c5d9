// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "troupe/messages/ip_address.hpp"

namespace troupe {

/// Where datagrams come from, or go to.
struct udp_place {
  ip_address ip;
  uint16_t port = 0;

  friend auto operator<=>(const udp_place&, const udp_place&) = default;
};

} // namespace troupe
