// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/dialer_actor.hpp"

#include <utility>

#include <fmt/format.h>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/property.hpp"
#include "troupe/messages/quoted.hpp"
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

  // -- names ------------------------------------------------------------------

  void look_up() {
    limit.set(self, now() + context.resolve_timeout, [this] {
      fail(caf::make_error(
          errc::timeout,
          fmt::format("host '{}': no answer to the lookup", address.hostname)));
    });
    self->request(context.resolver, caf::infinite, caf::resolve_atom_v,
                  address.hostname)
        .then([this](const std::vector<ip_address>& found) { resolved(found); },
              [this](caf::error& reason) { fail(std::move(reason)); });
  }

  void resolved(const std::vector<ip_address>& found) {
    limit.cancel();
    auto result = to_endpoints(address, interleave_families(found));
    if (!result) {
      fail(to_error(result.error()));
      return;
    }
    if (context.limits && !found.empty()) {
      std::erase_if(*result, [this](const endpoint& where) {
        return !may_lead_to(where, *context.limits);
      });
      if (result->empty()) {
        fail(caf::make_error(
            errc::invalid_endpoint,
            fmt::format("host {} leads to {}, where a name of a stranger may "
                        "not",
                        troupe::quoted(address.hostname),
                        to_string(found.front()))));
        return;
      }
    }
    plan = dial_plan{*result};
    last_error = caf::make_error(errc::unknown_host);
    go_on();
  }

  // -- attempts ---------------------------------------------------------------

  void go_on() {
    while (auto where = plan.next(now()))
      check(*where, ++attempts);
    if (promise.pending() && plan.is_over())
      fail(std::move(last_error));
    else if (auto when = plan.next_wakeup())
      limit.set(self, *when, [this] { go_on(); });
  }

  void check(const endpoint& where, size_t number) {
    if (!context.filter) {
      connect(where, number);
      return;
    }
    self->request(context.filter, caf::infinite, filter_atom_v, where)
        .then(
            [this, where, number] { connect(where, number); },
            [this, number](caf::error& why) { lost(std::move(why), number); });
  }

  void connect(const endpoint& where, size_t number) {
    // Another one was faster than the filter.
    if (!promise.pending()) {
      lost({}, number);
      return;
    }
    self->request(context.transports.at(address.protocol), caf::infinite,
                  caf::connect_atom_v, where,
                  caf::timespan{context.dial_timeout})
        .then(
            [this](caf::actor& connection) { won(std::move(connection)); },
            [this, number](caf::error& why) { lost(std::move(why), number); });
  }

  void won(caf::actor connection) {
    plan.succeeded();
    if (promise.pending())
      promise.deliver(std::move(connection));
    else
      self->send_exit(connection, caf::make_error(errc::connection_closed));
    wait_for_others();
  }

  void lost(caf::error why, size_t number) {
    plan.failed();
    if (!promise.pending()) {
      wait_for_others();
      return;
    }
    // What became of the last attempt, whichever ended last.
    if (number >= last_failed) {
      last_failed = number;
      last_error = std::move(why);
    }
    sometimes<"troupe: another address is dialed as one fails">(
        !plan.is_over());
    go_on();
  }

  /// A transport cannot be told to stop, and what it still connects has to be
  /// closed by somebody.
  void wait_for_others() {
    limit.cancel();
    if (plan.is_idle())
      self->quit();
  }

  void fail(caf::error reason) {
    promise.deliver(std::move(reason));
    self->quit();
  }

  time_point now() const {
    return self->system().clock().now();
  }

  dialer_actor::pointer self;
  dialer_context context;
  node_address address;
  caf::typed_response_promise<caf::actor> promise;
  dial_plan plan;
  size_t attempts = 0;
  size_t last_failed = 0;
  caf::error last_error;
  /// Of the lookup, and then of the attempts.
  alarm limit;
};

} // namespace

dialer_actor spawn_dialer(caf::actor_system& sys, dialer_context context) {
  return spawn_state<dialer_state, dialer_actor>(sys, std::move(context));
}

} // namespace troupe
