// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_store.hpp"

#include <utility>

#include "troupe/peerstore/store/store_limits.hpp"

namespace troupe::testing {

namespace {

failure refuse(const char* why) {
  return {errc::store_failed, why};
}

} // namespace

/// What one run of a node has of the disk.
class sim_store::handle final : public peer_store {
public:
  handle(std::shared_ptr<sim_store> disk, uint64_t run)
    : disk_(std::move(disk)),
      run_(run) {}

  result<store_contents> load() override {
    if (is_dead())
      return refuse("the node is dead");
    store_contents result;
    for (const auto& [id, peer] : disk_->peers_)
      result.peers.push_back(peer);
    result.secret = disk_->secret_;
    return result;
  }

  duration begin(const store_changes& changes) override {
    return is_dead() ? duration{} : disk_->begin(changes);
  }

  failure commit(const store_changes& changes) override {
    return is_dead() ? refuse("the node is dead") : disk_->commit(changes);
  }

  [[nodiscard]] bool blocks() const noexcept override {
    return false;
  }

private:
  [[nodiscard]] bool is_dead() const {
    return run_ != disk_->run_;
  }

  std::shared_ptr<sim_store> disk_;
  uint64_t run_;
};

sim_store::sim_store(std::shared_ptr<entropy> random, sim_store_options options)
  : random_(std::move(random)),
    options_(options) {}

std::shared_ptr<sim_store> sim_store::make(std::shared_ptr<entropy> random,
                                           sim_store_options options) {
  return std::shared_ptr<sim_store>{new sim_store(std::move(random), options)};
}

std::unique_ptr<peer_store> sim_store::open() {
  return std::make_unique<handle>(shared_from_this(), ++run_);
}

void sim_store::crash() {
  ++run_;
  auto changes = std::exchange(under_way_, {});
  if (changes.empty())
    return;
  ++interrupted_;
  if (random_->below(2) == 0) {
    apply(changes);
    ++survived_;
  }
}

duration sim_store::begin(const store_changes& changes) {
  under_way_ = changes;
  const auto span = options_.delay_max - options_.delay_min;
  if (span <= duration::zero())
    return options_.delay_min;
  return options_.delay_min
         + duration{static_cast<duration::rep>(
             random_->below(static_cast<uint64_t>(span.count()) + 1))};
}

failure sim_store::commit(const store_changes& changes) {
  under_way_ = {};
  if (auto bad = validate(changes); bad.code != errc::none)
    return bad;
  const auto fails = options_.failures_per_mille > 0
                     && random_->below(1000) < options_.failures_per_mille;
  // A disk that reports a failure may have done its work all the same.
  if (!fails || random_->below(2) == 0)
    apply(changes);
  if (fails)
    return refuse("the disk failed");
  ++acknowledged_;
  return {};
}

void sim_store::apply(const store_changes& changes) {
  for (auto peer : changes.put) {
    cut_to_limits(peer);
    peers_.insert_or_assign(peer.id, std::move(peer));
  }
  for (const auto& id : changes.erase)
    peers_.erase(id);
  if (!changes.secret.empty())
    secret_ = changes.secret;
}

} // namespace troupe::testing
