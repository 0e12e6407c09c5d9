// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/execution_unit.hpp>
#include <caf/local_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include "troupe/tests/harness/sim_clock.hpp"
#include "troupe/tests/harness/sim_random.hpp"

namespace troupe::testing {

/// Watches a scheduler.
class sim_step_observer {
public:
  virtual ~sim_step_observer() = default;

  /// An actor has something to do. Comes before its first step, at the latest.
  virtual void noticed(caf::local_actor& who) = 0;

  /// An actor is about to run: to begin, or to take a message.
  virtual void running(caf::local_actor& who) = 0;

  /// So many messages wait in the mailbox of an actor that runs.
  virtual void waiting(caf::local_actor& who, size_t messages) = 0;

  /// An actor that runs is about to take a message.
  virtual void delivering(caf::local_actor& to,
                          const caf::mailbox_element& what)
      = 0;
};

/// Runs all actors of a system in the thread that calls `step`, a message a
/// step. Who is next, of those that have something to do, is drawn from the
/// seed; the messages from one actor to another keep their order.
///
/// For CAF 0.18, where a scheduler is a module of the actor system.
class sim_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  using super = caf::scheduler::abstract_coordinator;

  /// @param clock has to outlive the actor system.
  sim_scheduler(caf::actor_system& sys, uint64_t seed, sim_clock& clock)
    : super(sys),
      unit_(*this),
      random_(seed),
      clock_(clock) {}

  /// Makes the actor system that is made from `config` run this scheduler.
  static void install(caf::actor_system_config& config, uint64_t seed,
                      sim_clock& clock);

  /// The scheduler of an actor system for whose config `install` was called.
  static sim_scheduler& of(caf::actor_system& sys);

  void set_observer(sim_step_observer* observer) {
    observer_ = observer;
  }

  /// Whether nobody has anything to do.
  [[nodiscard]] bool idle() const {
    return jobs_.empty();
  }

  /// Lets one actor take a message. @pre not `idle()`.
  void step();

  /// Lets the first actor for which `chosen` holds take a message.
  /// @returns `false` if there is none.
  bool step_if(const std::function<bool(caf::local_actor&)>& chosen);

  // -- interface to CAF -------------------------------------------------------

  sim_clock& clock() noexcept override {
    return clock_;
  }

  void enqueue(caf::resumable* job) override;

  [[nodiscard]] bool detaches_utility_actors() const override {
    return false;
  }

  void start() override;

  /// Lets everybody finish.
  void stop() override;

private:
  /// Where actors run, as far as they can tell. An actor keeps a pointer to the
  /// last one, and uses it when something is sent in its name from outside.
  class execution_unit final : public caf::execution_unit {
  public:
    explicit execution_unit(sim_scheduler& parent)
      : caf::execution_unit(&parent.system()),
        parent_(parent) {}

    void exec_later(caf::resumable* job) override {
      parent_.enqueue(job);
    }

  private:
    sim_scheduler& parent_;
  };

  void run(size_t index);

  execution_unit unit_;
  sim_random random_;
  sim_clock& clock_;
  sim_step_observer* observer_ = nullptr;
  std::vector<caf::resumable*> jobs_;
};

} // namespace troupe::testing
