// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_scheduler.hpp"

#include <cstdio>
#include <string>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

namespace troupe::testing {

namespace {

/// Steps that an ending actor system takes at most.
constexpr size_t last_steps_max = 1'000'000;

/// How many messages an actor has that it has not taken.
size_t waiting_for(caf::scheduled_actor& who) {
  return static_cast<size_t>(who.get_urgent_queue().total_task_size()
                             + who.get_normal_queue().total_task_size());
}

/// Prints what actors write to `aout`.
caf::behavior print_lines(caf::event_based_actor*) {
  return {
      [](caf::add_atom, caf::actor_id, const std::string& text) {
        std::fputs(text.c_str(), stdout);
      },
      [](caf::flush_atom, caf::actor_id) { std::fflush(stdout); },
      [](caf::delete_atom, caf::actor_id) {},
      [](caf::redirect_atom, const std::string&, int) {},
      [](caf::redirect_atom, caf::actor_id, const std::string&, int) {},
  };
}

} // namespace

void sim_scheduler::install(caf::actor_system_config& config, uint64_t seed,
                            sim_clock& clock) {
  config.module_factories.push_back(
      [seed, &clock](caf::actor_system& sys) -> caf::actor_system::module* {
        return new sim_scheduler(sys, seed, clock);
      });
}

sim_scheduler& sim_scheduler::of(caf::actor_system& sys) {
  return static_cast<sim_scheduler&>(sys.scheduler());
}

void sim_scheduler::enqueue(caf::resumable* job) {
  if (observer_ != nullptr)
    if (auto who = dynamic_cast<caf::local_actor*>(job))
      observer_->noticed(*who);
  jobs_.push_back(job);
}

void sim_scheduler::step() {
  run(random_.below(jobs_.size()));
}

bool sim_scheduler::step_if(
    const std::function<bool(caf::local_actor&)>& chosen) {
  for (size_t i = 0; i < jobs_.size(); ++i)
    if (auto who = dynamic_cast<caf::local_actor*>(jobs_[i]);
        who != nullptr && chosen(*who)) {
      run(i);
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
      // An actor may take one urgent message and one normal message a step.
      who->mailbox().fetch_more();
      observer_->waiting(*who, waiting_for(*who));
      if (auto urgent = who->get_urgent_queue().peek())
        observer_->delivering(*who, *urgent);
      if (auto normal = who->get_normal_queue().peek())
        observer_->delivering(*who, *normal);
    }
  switch (job->resume(&unit_, 1)) {
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

void sim_scheduler::start() {
  utility_actors_[printer_id] = system().spawn<caf::hidden>(print_lines);
}

void sim_scheduler::stop() {
  for (auto& who : utility_actors_)
    caf::anon_send_exit(std::exchange(who, nullptr),
                        caf::exit_reason::user_shutdown);
  for (size_t i = 0; i < last_steps_max && !idle(); ++i)
    step();
  clock_.clear();
  // Somebody runs in circles, or was left in the middle.
  for (auto job : std::exchange(jobs_, {}))
    caf::intrusive_ptr_release(job);
}

} // namespace troupe::testing
