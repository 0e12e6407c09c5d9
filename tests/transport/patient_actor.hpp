// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include <doctest/doctest.h>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/make_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_execution_unit.hpp>

namespace troupe::test {

/// A blocking actor in the hands of a test, like `caf::scoped_actor`, whose
/// patience works in virtual time as well: while it waits in an actor system
/// with CAF's test coordinator, it runs everybody else and lets time pass.
class patient_actor {
public:
  explicit patient_actor(caf::actor_system& sys) : context_(&sys) {
    caf::actor_config cfg{&context_};
    self_ = caf::make_actor<impl, caf::strong_actor_ptr>(sys.next_actor_id(),
                                                         sys.node(), &sys, cfg);
  }

  patient_actor(const patient_actor&) = delete;

  patient_actor& operator=(const patient_actor&) = delete;

  ~patient_actor() {
    if (!(*this)->getf(caf::abstract_actor::is_terminated_flag))
      (*this)->cleanup(caf::exit_reason::normal, &context_);
  }

  caf::blocking_actor* operator->() const {
    return caf::actor_cast<caf::blocking_actor*>(self_);
  }

  [[nodiscard]] caf::actor handle() const {
    return caf::actor_cast<caf::actor>(self_);
  }

private:
  class impl final : public caf::blocking_actor {
  public:
    using clock = std::chrono::high_resolution_clock;

    explicit impl(caf::actor_config& cfg)
      : caf::blocking_actor(cfg),
        scheduler_(dynamic_cast<caf::scheduler::test_coordinator*>(
            &system().scheduler())) {}

    const char* name() const override {
      return "patient-actor";
    }

    void await_data() override {
      if (scheduler_ == nullptr)
        caf::blocking_actor::await_data();
      else if (!run_others_until(caf::actor_clock::time_point::max()))
        FAIL("nothing can happen any more");
    }

    bool await_data(timeout_type timeout) override {
      if (scheduler_ == nullptr)
        return caf::blocking_actor::await_data(timeout);
      const auto left = timeout - clock::now();
      return run_others_until(scheduler_->clock().now() + left);
    }

  private:
    bool run_others_until(caf::actor_clock::time_point end) {
      auto& time = scheduler_->clock();
      while (mailbox().empty()) {
        if (scheduler_->has_job()) {
          scheduler_->run_once();
        } else if (time.schedule.empty()
                   || time.schedule.begin()->first > end) {
          if (end != caf::actor_clock::time_point::max() && end > time.now())
            time.advance_time(end - time.now());
          return !mailbox().empty();
        } else {
          time.trigger_timeout();
        }
      }
      return true;
    }

    caf::scheduler::test_coordinator* scheduler_;
  };

  caf::scoped_execution_unit context_;
  caf::strong_actor_ptr self_;
};

} // namespace troupe::test
