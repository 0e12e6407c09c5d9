// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "troupe/messages/qos_shed.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

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
  /// A name of `find_qos_policy`.
  std::string policy = "wdrr";

  /// What a flow of weight 1 may spend in a round of `wdrr`.
  size_t quantum = 1024;

  /// Most cost and most elements that wait over all flows. An element of a
  /// higher cost passes if nothing else waits.
  size_t bytes_max = SIZE_MAX;
  size_t messages_max = SIZE_MAX;
};

} // namespace troupe
