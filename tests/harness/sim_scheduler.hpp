// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/local_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>

#include "troupe/tests/harness/sim_caf.hpp"
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

  /// Others run before the actor that runs goes on with what it does.
  virtual void interrupted() = 0;

  /// It goes on.
  virtual void resumed() = 0;
};

/// Runs all actors of a system in the thread that calls `step`, a message a
/// step. Who is next, of those that have something to do, is drawn from the
/// seed; the messages from one actor to another keep their order.
///
/// On several threads, others go on while an actor handles a message. Here they
/// do so between two things that it sends, sometimes and a little: when and who
/// is drawn from the seed, too.
class sim_scheduler final : public sim_caf_scheduler {
public:
  /// Makes an actor system that this scheduler runs.
  /// @param clock has to outlive it.
  static std::unique_ptr<caf::actor_system>
  make_system(caf::actor_system_config& config, const sim_random& random,
              sim_clock& clock);

  /// The scheduler of a system that `make_system` made.
  static sim_scheduler& of(caf::actor_system& sys);

  sim_scheduler(caf::actor_system& sys, sim_random random, sim_clock& clock)
    : sim_caf_scheduler(sys, clock),
      random_(std::move(random)) {}

  void set_observer(sim_step_observer* observer) {
    observer_ = observer;
  }

  /// Whether nobody has anything to do.
  [[nodiscard]] bool idle() const {
    return jobs_.empty();
  }

  /// Lets one actor take a message. @pre not `idle()`.
  void step();

  /// Lets the first actor for which `chosen` holds take a message. Nobody else
  /// runs meanwhile.
  /// @returns `false` if there is none.
  bool step_if(const std::function<bool(caf::local_actor&)>& chosen);

private:
  void add(caf::resumable* job) override;

  /// Lets everybody finish.
  void finish() override;

  void run(size_t index);
  void interrupt();

  sim_random random_;
  sim_step_observer* observer_ = nullptr;
  std::vector<caf::resumable*> jobs_;
  size_t running_ = 0; // The actor that runs, and those it interrupts.
  bool undisturbed_ = false;
};

} // namespace troupe::testing
