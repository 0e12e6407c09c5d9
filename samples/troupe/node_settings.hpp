// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <caf/config_option_adder.hpp>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/samples/troupe/commands.hpp"

namespace troupe::command {

/// What an operator can choose about limits, times and filters of a node. Each
/// has the name of its field in `node_options`, with dashes, and its default.
class node_settings {
public:
  /// Adds an option for each.
  void add_to(caf::config_option_adder& group);

  /// Overwrites all that was added. What makes no sense, `validate` of the
  /// options says.
  /// @returns `invalid_option` if it cannot even be expressed.
  failure apply(node_options& options) const;

private:
  std::string external_address_;
  std::string unconditional_peers_;
  std::string private_peers_;
  std::string blocked_peers_;
  std::string allow_ips_;
  std::string deny_ips_;
  std::string exempt_ips_;

  uint64_t max_connected_ = 0;
  uint64_t max_connected_upgrade_ = 0;
  uint64_t max_peers_ = 0;
  uint64_t max_outgoing_ = 0;
  uint64_t max_incoming_ = 0;
  uint64_t max_dials_ = 0;
  uint64_t max_accepted_ = 0;
  uint64_t max_handshakes_ = 0;
  uint64_t max_handshakes_per_ip_ = 0;
  uint64_t max_handshakes_per_subnet_ = 0;
  uint64_t max_per_ip_ = 0;
  uint64_t max_per_subnet_ = 0;
  std::string subnet_limits_;
  uint32_t subnet_bits_v4_ = 0;
  uint32_t subnet_bits_v6_ = 0;
  double ip_rate_ = 0;
  double subnet_rate_ = 0;
  double total_rate_ = 0;

  caf::timespan resolve_timeout_{};
  caf::timespan dial_timeout_{};
  caf::timespan handshake_timeout_{};
  caf::timespan min_retry_time_{};
  caf::timespan max_retry_time_{};
  caf::timespan max_retry_time_persistent_{};
  caf::timespan retry_time_jitter_{};
  caf::timespan disconnect_cooldown_{};
  caf::timespan probe_time_{};
  caf::timespan ping_interval_{};
  caf::timespan pong_timeout_{};

  uint64_t send_rate_ = 0;
  uint64_t recv_rate_ = 0;
  uint64_t node_send_rate_ = 0;
  uint64_t node_recv_rate_ = 0;
  uint64_t send_payload_max_ = 0;
  uint64_t recv_payload_max_ = 0;

  std::string queue_type_;
  std::string unknown_channel_;
  uint64_t connection_memory_ = 0;
  uint64_t node_memory_ = 0;
  uint64_t progress_bytes_ = 0;
  caf::timespan progress_time_{};
};

/// The items of a list that are separated by commas, without blanks around.
words split(const std::string& list);

} // namespace troupe::command
