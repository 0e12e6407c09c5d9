// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_key.hpp"

namespace troupe::test {

/// A node ID for each number, of a key that exists.
inline node_id numbered_id(uint8_t number) {
  std::array<std::byte, 32> seed{};
  seed.fill(static_cast<std::byte>(number));
  return node_key::from_seed(seed).id();
}

} // namespace troupe::test
