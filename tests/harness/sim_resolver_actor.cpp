// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_resolver_actor.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "troupe/transport/dns/name_service.hpp"

namespace troupe::testing {

namespace {

/// The name service as a simulated host sees it.
class sim_names final : public name_service {
public:
  sim_names(caf::actor_system& sys, std::shared_ptr<sim_network> network,
            sim_host host)
    : sys_(sys),
      network_(std::move(network)),
      own_(host) {}

  sim_names(const sim_names&) = delete;

  sim_names& operator=(const sim_names&) = delete;

  ~sim_names() override {
    for (const auto& [number, id] : running_)
      network_->cancel(id);
  }

  void start(uint64_t number, const std::string& host,
             std::function<void(answer)> done) override {
    auto answered = [this, number, done = std::move(done)](answer found) {
      running_.erase(number);
      if (found && found->size() > addresses_max)
        found->resize(addresses_max);
      done(std::move(found));
    };
    running_.emplace(number, network_->resolve(own_, host, sys_.clock().now(),
                                               std::move(answered)));
  }

  void cancel(uint64_t number) override {
    if (auto found = running_.extract(number))
      network_->cancel(found.mapped());
  }

private:
  caf::actor_system& sys_;
  std::shared_ptr<sim_network> network_;
  sim_host own_;
  std::map<uint64_t, sim_network::lookup_id> running_;
};

} // namespace

resolver_actor spawn_sim_resolver(caf::actor_system& sys,
                                  std::shared_ptr<sim_network> network,
                                  sim_host host) {
  return spawn_resolver(
      sys, std::make_unique<sim_names>(sys, std::move(network), host));
}

} // namespace troupe::testing
