// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/mapping/mapping_protocol.hpp"

namespace troupe {

/// When to ask a gateway for a port, by which protocol, and when again.
///
/// A synchronous state machine: `next` says what to ask, and `granted` or
/// `failed` what came of it. Protocols are tried one after the other, the one
/// that worked last first; when all have failed, after a pause that doubles.
class mapping_schedule {
public:
  /// How long a port is asked for, and how soon that is renewed: RFC 6886,
  /// section 3.3, which halves it.
  static constexpr duration lease = std::chrono::hours{2};

  /// The longest time that a gateway is believed to remember.
  static constexpr duration lease_max = std::chrono::hours{24};

  /// Least time between two questions to a gateway that grants less.
  static constexpr duration renewal_min = std::chrono::seconds{10};

  /// The pause after all protocols have failed.
  static constexpr duration pause_min = std::chrono::minutes{1};
  static constexpr duration pause_max = std::chrono::hours{1};

  explicit mapping_schedule(std::vector<mapping_protocol> protocols)
    : protocols_(std::move(protocols)) {}

  /// Returns by which protocol to ask now, if it is time for that and no
  /// question is open.
  std::optional<mapping_protocol> next(time_point now);

  /// When `next` has something to ask without a further event.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// The question was answered. @param how_long 0 means for ever.
  /// @returns whether `where` is another place than before.
  bool granted(const endpoint& where, duration how_long, time_point now);

  /// The question was not answered, or with no.
  /// @returns whether all protocols have failed, which they had not the last
  ///          time.
  bool failed(time_point now);

  /// Where the world finds us, as far as we know.
  [[nodiscard]] const std::optional<endpoint>& where() const {
    return where_;
  }

  /// The protocols whose gateways may have a port for us.
  [[nodiscard]] const std::vector<mapping_protocol>& to_give_back() const {
    return granted_by_;
  }

  /// Whether a question is open.
  [[nodiscard]] bool is_asking() const {
    return asking_;
  }

private:
  std::vector<mapping_protocol> protocols_;
  /// Whose turn it is.
  size_t turn_ = 0;
  /// How many have failed in a row.
  size_t failures_ = 0;
  bool asking_ = false;
  bool told_ = false;
  time_point due_ = time_point::min();
  duration pause_ = pause_min;
  std::optional<endpoint> where_;
  std::optional<time_point> lapses_at_;
  std::vector<mapping_protocol> granted_by_;
};

} // namespace troupe
