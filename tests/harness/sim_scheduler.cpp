// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_scheduler.hpp"

#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

namespace troupe::testing {

namespace {

/// Steps that an ending actor system takes at most.
constexpr size_t last_steps_max = 1'000'000;

/// Of a thousand times that an actor wakes up another one, how often it is
/// interrupted then, and how many actors wait for each other at most.
constexpr unsigned interrupt_per_mille = 250;
constexpr size_t running_max = 4;

/// Others take up to two to this power steps meanwhile: mostly few, sometimes
/// enough for a message to get from one end of a node to the other.
constexpr size_t interrupt_power_max = 7;

} // namespace

std::unique_ptr<caf::actor_system>
sim_scheduler::make_system(caf::actor_system_config& config,
                           const sim_random& random, sim_clock& clock) {
  return make_caf_system(config, [random, &clock](caf::actor_system& sys) {
    return std::make_unique<sim_scheduler>(sys, random, clock);
  });
}

sim_scheduler& sim_scheduler::of(caf::actor_system& sys) {
  return static_cast<sim_scheduler&>(sys.scheduler());
}

void sim_scheduler::add(caf::resumable* job) {
  if (observer_ != nullptr)
    if (auto who = dynamic_cast<caf::local_actor*>(job))
      observer_->noticed(*who);
  jobs_.push_back(job);
  if (running_ > 0 && running_ < running_max && !undisturbed_
      && random_.chance(interrupt_per_mille))
    interrupt();
}

/// The actor that runs is not among those that have something to do, and what
/// it is sent meanwhile waits until it has finished.
void sim_scheduler::interrupt() {
  if (observer_ != nullptr)
    observer_->interrupted();
  const auto power = random_.below(interrupt_power_max + 1);
  for (auto left = 1 + random_.below(uint64_t{1} << power);
       left > 0 && !jobs_.empty(); --left)
    run(random_.below(jobs_.size()));
  if (observer_ != nullptr)
    observer_->resumed();
}

// Has nothing to do with `stop`.
// NOLINTNEXTLINE(bugprone-virtual-near-miss)
void sim_scheduler::step() {
  run(random_.below(jobs_.size()));
}

bool sim_scheduler::step_if(
    const std::function<bool(caf::local_actor&)>& chosen) {
  for (size_t i = 0; i < jobs_.size(); ++i)
    if (auto who = dynamic_cast<caf::local_actor*>(jobs_[i]);
        who != nullptr && chosen(*who)) {
      undisturbed_ = true;
      run(i);
      undisturbed_ = false;
      return true;
    }
  return false;
}

void sim_scheduler::run(size_t index) {
  auto job = jobs_[index];
  jobs_[index] = jobs_.back();
  jobs_.pop_back();
  if (observer_ != nullptr)
    if (auto who = dynamic_cast<caf::scheduled_actor*>(job)) {
      observer_->running(*who);
      observer_->waiting(*who, count_waiting(*who));
      for_next_messages(*who, [&](const caf::mailbox_element& message) {
        observer_->delivering(*who, message);
      });
    }
  ++running_;
  const auto outcome = resume(*job);
  --running_;
  switch (outcome) {
    case caf::resumable::resume_later:
      jobs_.push_back(job);
      break;
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
      caf::intrusive_ptr_release(job);
      break;
    case caf::resumable::shutdown_execution_unit:
      break;
  }
}

void sim_scheduler::finish() {
  undisturbed_ = true;
  auto run_out = [this] {
    for (size_t i = 0; i < last_steps_max && !idle(); ++i)
      step();
  };
  run_out();
  clock().clear();
  // Somebody runs in circles. What is left in a mailbox may hold its owner.
  for (auto job : jobs_)
    if (auto who = dynamic_cast<caf::local_actor*>(job))
      caf::anon_send_exit(caf::actor_cast<caf::actor>(who->address()),
                          caf::exit_reason::kill);
  run_out();
  for (auto job : std::exchange(jobs_, {}))
    caf::intrusive_ptr_release(job);
}

} // namespace troupe::testing
