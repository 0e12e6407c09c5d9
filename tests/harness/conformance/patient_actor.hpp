// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/make_actor.hpp>
#if CAF_MAJOR_VERSION < 1
#  include <caf/scoped_execution_unit.hpp>
#endif

#include "troupe/tests/harness/conformance/claim.hpp"
#include "troupe/tests/harness/sim_scheduler.hpp"

namespace troupe::testing::conformance {

/// A blocking actor in the hands of a test, like `caf::scoped_actor`, whose
/// patience works in virtual time as well: while it waits in an actor system
/// with the harness's scheduler, it runs everybody else and lets time pass.
class patient_actor {
public:
  explicit patient_actor(caf::actor_system& sys) : context_(sys) {
    caf::actor_config cfg{context_.get()};
    self_ = caf::make_actor<impl, caf::strong_actor_ptr>(sys.next_actor_id(),
                                                         sys.node(), &sys, cfg);
  }

  patient_actor(const patient_actor&) = delete;

  patient_actor& operator=(const patient_actor&) = delete;

  ~patient_actor() {
    if (!(*this)->getf(caf::abstract_actor::is_terminated_flag))
      (*this)->cleanup(caf::exit_reason::normal, context_.get());
  }

  caf::blocking_actor* operator->() const {
    return caf::actor_cast<caf::blocking_actor*>(self_);
  }

  [[nodiscard]] caf::actor handle() const {
    return caf::actor_cast<caf::actor>(self_);
  }

private:
#if CAF_MAJOR_VERSION >= 1
  /// Where others run that this actor sends something to.
  class context {
  public:
    explicit context(caf::actor_system& sys) : scheduler_(&sys.scheduler()) {}

    caf::scheduler* get() {
      return scheduler_;
    }

  private:
    caf::scheduler* scheduler_;
  };
#else
  /// Where others run that this actor sends something to.
  class context {
  public:
    explicit context(caf::actor_system& sys) : unit_(&sys) {}

    caf::execution_unit* get() {
      return &unit_;
    }

  private:
    caf::scoped_execution_unit unit_;
  };
#endif

  class impl final : public caf::blocking_actor {
  public:
    using clock = std::chrono::high_resolution_clock;

    explicit impl(caf::actor_config& cfg)
      : caf::blocking_actor(cfg),
        scheduler_(dynamic_cast<sim_scheduler*>(&system().scheduler())) {}

    const char* name() const override {
      return "patient-actor";
    }

    void await_data() override {
      if (scheduler_ == nullptr)
        caf::blocking_actor::await_data();
      else if (!run_others_until(time_point::max()))
        throw conformance_failure{"nothing can happen any more"};
    }

    bool await_data(timeout_type timeout) override {
      if (scheduler_ == nullptr)
        return caf::blocking_actor::await_data(timeout);
      // CAF asks in real time, some of which has passed since.
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          timeout - clock::now());
      return run_others_until(scheduler_->clock().now() + left);
    }

  private:
    bool run_others_until(time_point end) {
      auto& time = scheduler_->clock();
      while (mailbox().empty()) {
        if (!scheduler_->idle()) {
          scheduler_->step();
          continue;
        }
        const auto next = time.next();
        if (!next || *next > end) {
          if (end != time_point::max() && end > time.now())
            time.advance_to(end);
          return false;
        }
        time.fire();
      }
      return true;
    }

    sim_scheduler* scheduler_;
  };

  context context_;
  caf::strong_actor_ptr self_;
};

} // namespace troupe::testing::conformance
