// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/time.hpp"

namespace troupe {

/// The one seam through which the time of day enters: for what is stored, and
/// for nothing else. It may jump, and nodes may disagree about it; waits are
/// measured with the actor system's clock.
class wall_clock {
public:
  virtual ~wall_clock() = default;

  [[nodiscard]] virtual wall_time now() const = 0;
};

/// The operating system's time of day.
class system_wall_clock final : public wall_clock {
public:
  [[nodiscard]] wall_time now() const override;
};

} // namespace troupe
