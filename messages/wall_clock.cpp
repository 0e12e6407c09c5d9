// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/wall_clock.hpp"

namespace troupe {

wall_time system_wall_clock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now());
}

} // namespace troupe
