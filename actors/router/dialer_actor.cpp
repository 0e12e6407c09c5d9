// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/dialer_actor.hpp"

#include <deque>
#include <utility>

#include <fmt/format.h>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

struct dialer_state {
  static inline const char* name = "troupe.dialer";

  dialer_state(dialer_actor::pointer ptr, dialer_context what)
    : self(ptr),
      context(std::move(what)) {}

  dialer_actor::behavior_type make_behavior() {
    return {
        [this](caf::connect_atom, const node_address& to) { return dial(to); },
    };
  }

  caf::result<caf::actor> dial(const node_address& to) {
    address = to;
    promise = self->make_response_promise<caf::actor>();
    auto transport = context.transports.find(address.protocol);
    if (transport == context.transports.end())
      fail(caf::make_error(
          errc::unsupported_protocol,
          fmt::format("no transport for '{}'", address.protocol)));
    else if (needs_lookup(address))
      look_up();
    else
      resolved({});
    return promise;
  }

  void look_up() {
    limit.set(self, self->system().clock().now() + context.resolve_timeout,
              [this] {
                fail(caf::make_error(errc::timeout,
                                     fmt::format("host '{}': no answer to the "
                                                 "lookup",
                                                 address.hostname)));
              });
    self->request(context.resolver, caf::infinite, caf::resolve_atom_v,
                  address.hostname)
        .then([this](const std::vector<ip_address>& found) { resolved(found); },
              [this](caf::error& reason) { fail(std::move(reason)); });
  }

  void resolved(const std::vector<ip_address>& found) {
    limit.cancel();
    auto result = to_endpoints(address, found);
    if (!result) {
      fail(to_error(result.error()));
      return;
    }
    endpoints.assign(result->begin(), result->end());
    if (endpoints.size() > dialer_endpoints_max)
      endpoints.resize(dialer_endpoints_max);
    dial_next(caf::make_error(errc::unknown_host));
  }

  void dial_next(caf::error reason) {
    if (endpoints.empty()) {
      fail(std::move(reason));
      return;
    }
    auto next = std::move(endpoints.front());
    endpoints.pop_front();
    if (!context.filter) {
      connect(next);
      return;
    }
    self->request(context.filter, caf::infinite, filter_atom_v, next)
        .then([this, next] { connect(next); },
              [this](caf::error& why) { dial_next(std::move(why)); });
  }

  void connect(const endpoint& next) {
    self->request(context.transports.at(address.protocol), caf::infinite,
                  caf::connect_atom_v, next,
                  caf::timespan{context.dial_timeout})
        .then(
            [this](caf::actor& connection) {
              promise.deliver(std::move(connection));
              self->quit();
            },
            [this](caf::error& why) { dial_next(std::move(why)); });
  }

  void fail(caf::error reason) {
    promise.deliver(std::move(reason));
    self->quit();
  }

  dialer_actor::pointer self;
  dialer_context context;
  node_address address;
  std::deque<endpoint> endpoints;
  caf::typed_response_promise<caf::actor> promise;
  alarm limit;
};

} // namespace

dialer_actor spawn_dialer(caf::actor_system& sys, dialer_context context) {
  return spawn_state<dialer_state, dialer_actor>(sys, std::move(context));
}

} // namespace troupe
