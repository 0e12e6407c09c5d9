// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <fmt/format.h>

#include "troupe/messages/node_address.hpp"

namespace troupe::test {

/// The address of a node that does not exist; each number has its own ID and a
/// public IP address.
inline node_address made_up(uint32_t number) {
  return {.protocol = "mconn",
          .id = *node_id::parse(fmt::format("{:040x}", number)),
          .hostname = fmt::format("8.{}.{}.{}", number >> 16U & 0xffU,
                                  number >> 8U & 0xffU, number & 0xffU),
          .port = 26656};
}

} // namespace troupe::test
