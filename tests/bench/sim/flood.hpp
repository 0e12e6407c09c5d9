// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <caf/actor_addr.hpp>

#include "troupe/tests/harness/network.hpp"

namespace troupe::bench {

/// Who a flood has reached.
struct flood_record {
  size_t reached = 0;
  /// Messages that arrived, most of them where the flood had been before.
  size_t arrivals = 0;
};

/// Channel of the flood.
inline constexpr channel_id flood_channel = 0x70;

/// A reactor in every node that passes on to its peers what it hears for the
/// first time.
class flood {
public:
  /// Adds the reactor to all nodes of `net`.
  explicit flood(testing::network& net);

  /// Begins at the node `number`, which has to run.
  void begin(size_t number);

  [[nodiscard]] const flood_record& record() const {
    return *record_;
  }

private:
  std::shared_ptr<flood_record> record_ = std::make_shared<flood_record>();
  std::shared_ptr<std::vector<caf::actor_addr>> reactors_
      = std::make_shared<std::vector<caf::actor_addr>>();
};

} // namespace troupe::bench
