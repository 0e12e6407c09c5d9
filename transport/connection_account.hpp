// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include <caf/actor_addr.hpp>
#include <caf/error.hpp>

#include "troupe/transport/inbound_budget.hpp"
#include "troupe/transport/receive_limits.hpp"

namespace troupe {

/// What a connection holds of the node's memory for what arrives, in words of
/// actors.
class connection_account {
public:
  /// @param budget of the node; null: the connection has `limits` for itself.
  /// @param connection is sent `closed_atom` with `over_budget`, ahead of other
  ///                   messages, if others need its memory.
  connection_account(std::shared_ptr<inbound_budget> budget,
                     const receive_limits& limits,
                     const caf::actor_addr& connection);

  /// Says how much the connection holds now.
  /// @returns `over_budget`, in words, if it has to end.
  [[nodiscard]] caf::error hold(size_t bytes);

private:
  size_t most_;
  std::unique_ptr<inbound_budget::account> account_;
};

} // namespace troupe
