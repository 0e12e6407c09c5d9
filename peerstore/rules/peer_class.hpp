// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace troupe {

/// Configured peers are more dear to us than others, from left to right;
/// unconditional peers get a connection whatever the limits are.
enum class peer_class : uint8_t {
  ordinary,
  preferred,
  persistent,
  unconditional
};

} // namespace troupe
