// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe {

/// What a policy sees of a flow, and what it keeps there.
struct qos_flow {
  // -- kept by the queue ------------------------------------------------------

  /// At least 1. What it means is the policy's.
  uint32_t weight = 1;

  /// Whether what the flow holds may be shed to make room for another flow.
  bool sheddable = true;

  /// Cost of all that the flow holds.
  uint64_t held = 0;

  /// Cost of its oldest element, at least 1, and that element's number in the
  /// order of arrival over all flows, which starts at 1.
  uint64_t head_cost = 0;
  uint64_t head_number = 0;

  /// Whether it is not served for now. It counts as before when room is made.
  bool held_back = false;

  // -- kept by the policy -----------------------------------------------------

  /// Under which number it lists the flow among those to be served. 0: not at
  /// all.
  uint64_t turn = 0;
  /// Under which number it knows a flow that may give way. 0: not at all.
  uint64_t rank = 0;
  /// What `held` came to when the policy last looked.
  uint64_t level = 0;
  /// Of `wdrr`: the round in which it is served, and what it may spend as of
  /// another round.
  uint64_t round = 0;
  uint64_t credit = 0;
  uint64_t credit_round = 0;
};

/// Decides in which order the flows of a queue are served, and which of them
/// gives way when the queue is full. Knows flows that hold something, and none
/// of their elements. Every call costs at most the logarithm of their number.
class qos_policy {
public:
  qos_policy() = default;

  qos_policy(const qos_policy&) = delete;

  qos_policy& operator=(const qos_policy&) = delete;

  virtual ~qos_policy() = default;

  /// Notes that a flow holds something, or something else than before, or that
  /// it is or is not held back any more.
  virtual void update(qos_flow& flow) = 0;

  /// Forgets a flow that holds nothing any more.
  virtual void remove(qos_flow& flow) = 0;

  /// Returns the flow that is served next, null if all that hold something are
  /// held back.
  [[nodiscard]] virtual qos_flow* next() = 0;

  /// Charges the flow that `next` returned for its oldest element, which leaves
  /// now; `update` or `remove` follows.
  virtual void serve(qos_flow& flow) = 0;

  /// Returns a sheddable flow that gives way to an element of `newcomer`, whose
  /// cost is not held yet; null if none is worse off for it than `newcomer`,
  /// or if giving way would not free a cost of `needed` in the end.
  [[nodiscard]] virtual qos_flow* victim(const qos_flow& newcomer,
                                         uint64_t cost, uint64_t needed)
      = 0;
};

/// A policy that can be chosen by its name.
struct qos_policy_kind {
  std::string_view name;

  /// Whether all elements go in the order of their arrival, whatever their
  /// flows.
  bool in_order;

  /// Makes one.
  /// @param quantum what a flow of weight 1 may spend in a round, if there are
  ///                rounds.
  std::unique_ptr<qos_policy> (*make)(uint64_t quantum);
};

/// Returns a policy by its name; null if there is none.
const qos_policy_kind* find_qos_policy(std::string_view name);

/// Returns all names, as a sentence lists them.
std::string qos_policy_names();

/// Makes a policy by its name; null if there is none.
std::unique_ptr<qos_policy> make_qos_policy(std::string_view name,
                                            uint64_t quantum);

} // namespace troupe
