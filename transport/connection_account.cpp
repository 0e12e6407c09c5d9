// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/connection_account.hpp"

#include <fmt/format.h>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe {

namespace {

caf::error out_of_memory() {
  return caf::make_error(errc::over_budget,
                         "held most of the node's memory for what arrives, "
                         "and there was none left");
}

} // namespace

connection_account::connection_account(std::shared_ptr<inbound_budget> budget,
                                       const receive_limits& limits,
                                       const caf::actor_addr& connection)
  : most_(limits.connection_memory) {
  if (!budget)
    budget = inbound_budget::make(limits);
  // The address is weak: others may hold the budget.
  account_ = budget->open([connection] {
    if (auto to = caf::actor_cast<caf::actor>(connection))
      caf::anon_send<caf::message_priority::high>(to, closed_atom_v,
                                                  out_of_memory());
  });
}

caf::error connection_account::hold(size_t bytes) {
  if (account_->hold(bytes) == errc::none)
    return {};
  if (bytes <= most_)
    return out_of_memory();
  return caf::make_error(
      errc::over_budget,
      fmt::format("held {} bytes of what arrived, connection_memory is {}",
                  bytes, most_));
}

} // namespace troupe
