// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/limit_changes.hpp"

#include <cstddef>
#include <memory>

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/messages/errc.hpp"

namespace troupe {

namespace {

using transport_map = std::map<std::string, transport_actor>;

/// Tells the transports who may connect to any of them now, and how many.
/// @param done is answered once all of them know.
void tell(router_actor::pointer self, const transport_map& transports,
          const node_options& options, caf::typed_response_promise<void> done) {
  if (transports.empty()) {
    done.deliver();
    return;
  }
  auto limits = options.inbound;
  limits.max_accepted = accepted_max(options);
  auto missing = std::make_shared<size_t>(transports.size());
  for (const auto& [protocol, transport] : transports)
    self->request(transport, caf::infinite, limits_atom_v, limits)
        .then(
            [done, missing]() mutable {
              if (--*missing == 0)
                done.deliver();
            },
            [done](const caf::error& reason) mutable {
              // It ended, and the node with it.
              done.deliver(reason);
            });
}

} // namespace

caf::result<void> set_limits(router_actor::pointer self, node_options& options,
                             const transport_map& transports,
                             const inbound_limits& limits) {
  if (auto bad = change(options, limits); bad.code != errc::none)
    return to_error(bad);
  auto promise = self->make_response_promise<void>();
  tell(self, transports, options, promise);
  return promise;
}

caf::result<void> set_limits(router_actor::pointer self, node_options& options,
                             const peer_manager_actor& manager,
                             const transport_map& transports,
                             const connection_limits& limits) {
  auto wanted = options;
  if (auto bad = change(wanted, limits); bad.code != errc::none)
    return to_error(bad);
  auto promise = self->make_response_promise<void>();
  self->request(manager, caf::infinite, limits_atom_v, limits)
      .then(
          [=, &options, &transports]() mutable {
            // Where `inbound` has changed meanwhile, this may not fit it any
            // more; what was in force then stays.
            if (auto bad = change(options, limits); bad.code != errc::none)
              promise.deliver(to_error(bad));
            else
              tell(self, transports, options, promise);
          },
          [promise](const caf::error& reason) mutable {
            promise.deliver(reason);
          });
  return promise;
}

} // namespace troupe
