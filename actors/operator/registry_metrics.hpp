// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/telemetry/metric_registry.hpp>

#include "troupe/actors/operator/metrics_text.hpp"

namespace troupe {

/// Writes all that is in a registry of CAF, its own metrics among them.
///
/// CAF has a collector for this, which gives every value a time, confuses the
/// infinities and does not escape anything.
void append_registry(metrics_text& to,
                     const caf::telemetry::metric_registry& from);

} // namespace troupe
