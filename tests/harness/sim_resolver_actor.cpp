// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_resolver_actor.hpp"

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/transport/actor_state.hpp"

namespace troupe::testing {

namespace {

using addresses = std::vector<ip_address>;

struct sim_resolver_state {
  static inline const char* name = "troupe.sim-resolver";

  struct query {
    std::string host;
    caf::typed_response_promise<addresses> promise;
  };

  sim_resolver_state(resolver_actor::pointer ptr,
                     std::shared_ptr<sim_network> shared_network, sim_host host)
    : self(ptr),
      network(std::move(shared_network)),
      own(host) {}

  ~sim_resolver_state() {
    for (const auto& [number, id] : running)
      network->cancel(id);
  }

  resolver_actor::behavior_type make_behavior() {
    return {
        [this](caf::resolve_atom, std::string& host) -> caf::result<addresses> {
          if (auto ip = ip_address::parse(host))
            return addresses{*ip};
          auto promise = self->make_response_promise<addresses>();
          waiting.push_back({std::move(host), promise});
          serve();
          return promise;
        },
    };
  }

  void serve() {
    while (!waiting.empty() && running.size() < lookups_max) {
      auto next = std::move(waiting.front());
      waiting.pop_front();
      const auto number = ++last;
      auto answer = [this, number,
                     promise = next.promise](result<addresses> found) mutable {
        running.erase(number);
        deliver(promise, std::move(found));
        serve();
      };
      running.emplace(number, network->resolve(own, next.host,
                                               self->system().clock().now(),
                                               std::move(answer)));
    }
  }

  static void deliver(caf::typed_response_promise<addresses>& promise,
                      result<addresses> found) {
    if (!found) {
      promise.deliver(to_error(found.error()));
      return;
    }
    if (found->size() > addresses_max)
      found->resize(addresses_max);
    promise.deliver(std::move(*found));
  }

  resolver_actor::pointer self;
  std::shared_ptr<sim_network> network;
  sim_host own;
  std::deque<query> waiting;
  std::map<uint64_t, sim_network::lookup_id> running;
  uint64_t last = 0;
};

} // namespace

resolver_actor spawn_sim_resolver(caf::actor_system& sys,
                                  std::shared_ptr<sim_network> network,
                                  sim_host host) {
  return spawn_state<sim_resolver_state, resolver_actor>(
      sys, std::move(network), host);
}

} // namespace troupe::testing
