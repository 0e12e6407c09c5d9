// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "troupe/messages/result.hpp"
#include "troupe/peerstore/rules/connection_limits.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"

namespace troupe {

/// The limits of a node that an operator can change while it runs.
struct operator_limits {
  connection_limits connections = {};
  inbound_limits inbound = {};

  friend bool operator==(const operator_limits&, const operator_limits&)
      = default;
};

/// Which of them to change, and to what. An outer absence leaves a limit as it
/// is, an inner one means no limit.
struct limits_patch {
  using count = std::optional<std::optional<size_t>>;
  using rate = std::optional<std::optional<double>>;

  count max_connected = {};
  std::optional<size_t> max_connected_upgrade = {};
  count max_outgoing = {};
  count max_incoming = {};
  std::optional<size_t> max_visitors = {};
  std::optional<size_t> max_per_ip = {};
  std::optional<size_t> max_per_subnet = {};
  std::optional<subnet_scope> subnet_limits = {};
  rate ip_rate = {};
  rate subnet_rate = {};
  rate total_rate = {};

  /// Reads a JSON object: `{"max_connected": 7, "ip_rate": null}`.
  /// @returns `invalid_option` if it is none, or has an unknown name or a value
  ///          that such a limit cannot have; the context says which.
  static result<limits_patch> parse(std::string_view json);

  void apply(operator_limits& limits) const;
};

} // namespace troupe
