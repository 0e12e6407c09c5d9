// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/config.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduled_actor.hpp>

#if CAF_MAJOR_VERSION >= 1
#  include <caf/scheduler.hpp>
#else
#  include <caf/execution_unit.hpp>
#  include <caf/scheduler/abstract_coordinator.hpp>
#endif

#include "troupe/tests/harness/sim_clock.hpp"

// What the harness has to know of CAF's inside, for each version: a scheduler
// is a module of the actor system in 0.18, and an interface of its own in 1.x.

namespace troupe::testing {

#if CAF_MAJOR_VERSION >= 1

/// The part of a scheduler that CAF sees.
class sim_caf_scheduler : public caf::scheduler {
public:
  sim_caf_scheduler(caf::actor_system&, sim_clock& clock) : clock_(clock) {}

  sim_clock& clock() noexcept {
    return clock_;
  }

  void schedule(caf::resumable* job) final {
    add(job);
  }

  void delay(caf::resumable* job) final {
    add(job);
  }

  void start() final {}

  void stop() final {
    finish();
  }

protected:
  /// Takes over a reference to somebody who has something to do.
  virtual void add(caf::resumable* job) = 0;

  /// Lets everybody end.
  virtual void finish() = 0;

  caf::resumable::resume_result resume(caf::resumable& job) {
    return job.resume(this, 1);
  }

private:
  sim_clock& clock_;
};

#else

/// The part of a scheduler that CAF sees.
class sim_caf_scheduler : public caf::scheduler::abstract_coordinator {
public:
  using super = caf::scheduler::abstract_coordinator;

  sim_caf_scheduler(caf::actor_system& sys, sim_clock& clock)
    : super(sys),
      unit_(*this),
      clock_(clock) {}

  sim_clock& clock() noexcept final {
    return clock_;
  }

  void enqueue(caf::resumable* job) final {
    add(job);
  }

  [[nodiscard]] bool detaches_utility_actors() const final {
    return false;
  }

  void start() final;

  void stop() final;

protected:
  /// Takes over a reference to somebody who has something to do.
  virtual void add(caf::resumable* job) = 0;

  /// Lets everybody end.
  virtual void finish() = 0;

  caf::resumable::resume_result resume(caf::resumable& job) {
    return job.resume(&unit_, 1);
  }

private:
  /// Where actors run, as far as they can tell. An actor keeps a pointer to the
  /// last one, and uses it when something is sent in its name from outside.
  class execution_unit final : public caf::execution_unit {
  public:
    explicit execution_unit(sim_caf_scheduler& parent)
      : caf::execution_unit(&parent.system()),
        parent_(parent) {}

    void exec_later(caf::resumable* job) override {
      parent_.enqueue(job);
    }

  private:
    sim_caf_scheduler& parent_;
  };

  execution_unit unit_;
  sim_clock& clock_;
};

#endif

/// Makes a scheduler for an actor system that is being made.
using sim_scheduler_maker
    = std::function<std::unique_ptr<sim_caf_scheduler>(caf::actor_system&)>;

/// Makes an actor system with a scheduler from `make`, and with its clock.
std::unique_ptr<caf::actor_system>
make_caf_system(caf::actor_system_config& config, sim_scheduler_maker make);

/// How many messages an actor has that it has not taken.
size_t count_waiting(caf::scheduled_actor& who);

/// Calls `what` for the messages that an actor takes when it runs next: with
/// 0.18, those are up to one urgent and one other, with 1.x one of any kind.
void for_next_messages(
    caf::scheduled_actor& who,
    const std::function<void(const caf::mailbox_element&)>& what);

} // namespace troupe::testing
