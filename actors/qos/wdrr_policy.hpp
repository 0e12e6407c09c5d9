// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>

#include "troupe/actors/qos/flow_levels.hpp"
#include "troupe/actors/qos/qos_policy.hpp"

namespace troupe {

/// Weighted deficit round robin (Shreedhar and Varghese, 1995): in each round a
/// flow may spend `quantum` times its weight, and keeps what it did not spend
/// as long as it holds something. Flows that always hold something share what
/// is served by their weights, to within a quantum and one element each, and
/// nobody starves: a flow waits, for a head within its quantum, no longer than
/// all others take to spend theirs once.
///
/// Rounds in which no flow could afford its head are not walked but computed,
/// so that neither large elements nor many flows cost more.
///
/// When the queue is full, the flow that holds most for its weight gives way.
class wdrr_policy final : public qos_policy {
public:
  explicit wdrr_policy(uint64_t quantum) : quantum_(quantum) {}

  void update(qos_flow& flow) override;
  void remove(qos_flow& flow) override;
  [[nodiscard]] qos_flow* next() override;
  void serve(qos_flow& flow) override;
  [[nodiscard]] qos_flow* victim(const qos_flow& newcomer, uint64_t cost,
                                 uint64_t needed) override;

private:
  using place = std::pair<uint64_t, uint64_t>;
  using flow_map = std::map<place, qos_flow*>;

  [[nodiscard]] uint64_t share(const qos_flow& flow) const {
    return quantum_ * flow.weight;
  }

  void list(qos_flow& flow);
  void unlist(qos_flow& flow);

  uint64_t quantum_;
  /// The round that is being served. It outlives every flow, so that one that
  /// leaves and comes back has its turn behind those that stayed.
  uint64_t round_ = 0;
  uint64_t turns_ = 0;
  /// By the round in which a flow can afford its head, and by the order in
  /// which they came to that.
  flow_map ring_;
  flow_levels levels_;
};

} // namespace troupe
