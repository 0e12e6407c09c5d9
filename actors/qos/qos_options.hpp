// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "troupe/messages/time.hpp"

namespace troupe {

/// What makes room when there is none for a new element.
enum class qos_shed : uint8_t {
  /// The new element is shed.
  newest,
  /// The oldest elements of its flow are shed.
  oldest,
  /// The new element is refused, and whoever sent it learns that. What has been
  /// taken is never shed for others.
  refuse,
};

/// Weight and bounds of a flow.
struct qos_flow_options {
  /// Its share or its class, as the policy has it; at least 1.
  uint32_t weight = 1;

  /// Most cost and most elements that wait. An element of a higher cost passes
  /// if nothing else of its flow waits.
  size_t bytes_max = SIZE_MAX;
  size_t messages_max = SIZE_MAX;

  qos_shed on_full = qos_shed::newest;

  /// How long an element may wait before it is shed; absent: for ever.
  std::optional<duration> expires_after = {};
};

/// Policy and bounds of a queue.
struct qos_options {
  /// `fifo`, `priority` or `wdrr`.
  std::string policy = "wdrr";

  /// What a flow of weight 1 may spend in a round of `wdrr`.
  size_t quantum = 1024;

  /// Most cost and most elements that wait over all flows. An element of a
  /// higher cost passes if nothing else waits.
  size_t bytes_max = SIZE_MAX;
  size_t messages_max = SIZE_MAX;
};

} // namespace troupe
