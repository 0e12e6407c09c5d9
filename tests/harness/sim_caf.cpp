// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_caf.hpp"

#include <cstdio>
#include <string>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#if CAF_MAJOR_VERSION >= 1
#  include <caf/actor_cast.hpp>
#  include <caf/detail/actor_system_access.hpp>
#endif

namespace troupe::testing {

namespace {

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

#if CAF_MAJOR_VERSION >= 1

namespace {

/// An actor system owns its clock; ours belongs to somebody else.
class borrowed_clock final : public caf::actor_clock {
public:
  explicit borrowed_clock(sim_clock& real) : real_(real) {}

  [[nodiscard]] time_point now() const noexcept override {
    return real_.now();
  }

  caf::disposable schedule(time_point when, caf::action what) override {
    return real_.schedule(when, std::move(what));
  }

private:
  sim_clock& real_;
};

} // namespace

std::unique_ptr<caf::actor_system>
make_caf_system(caf::actor_system_config& config, sim_scheduler_maker make) {
  auto set_up
      = [](caf::actor_system& sys, caf::actor_system_config&, void* context) {
          auto inside = caf::detail::actor_system_access{sys};
          auto scheduler = (*static_cast<sim_scheduler_maker*>(context))(sys);
          inside.clock(std::make_unique<borrowed_clock>(scheduler->clock()));
          inside.scheduler(std::move(scheduler));
          // CAF's own would have a thread.
          inside.printer(caf::actor_cast<caf::strong_actor_ptr>(
              sys.spawn<caf::hidden + caf::lazy_init>(print_lines)));
        };
  return std::make_unique<caf::actor_system>(config, set_up, &make);
}

size_t count_waiting(caf::scheduled_actor& who) {
  return who.mailbox().size();
}

void for_next_messages(
    caf::scheduled_actor& who,
    const std::function<void(const caf::mailbox_element&)>& what) {
  if (auto next = who.mailbox().peek(caf::make_message_id()))
    what(*next);
}

#else

void sim_caf_scheduler::start() {
  utility_actors_[printer_id] = system().spawn<caf::hidden>(print_lines);
}

void sim_caf_scheduler::stop() {
  for (auto& who : utility_actors_)
    caf::anon_send_exit(std::exchange(who, nullptr),
                        caf::exit_reason::user_shutdown);
  finish();
}

std::unique_ptr<caf::actor_system>
make_caf_system(caf::actor_system_config& config, sim_scheduler_maker make) {
  config.module_factories.emplace_back(
      [make = std::move(make)](caf::actor_system& sys)
          -> caf::actor_system::module* { return make(sys).release(); });
  return std::make_unique<caf::actor_system>(config);
}

size_t count_waiting(caf::scheduled_actor& who) {
  who.mailbox().fetch_more();
  return static_cast<size_t>(who.get_urgent_queue().total_task_size()
                             + who.get_normal_queue().total_task_size());
}

void for_next_messages(
    caf::scheduled_actor& who,
    const std::function<void(const caf::mailbox_element&)>& what) {
  who.mailbox().fetch_more();
  if (auto urgent = who.get_urgent_queue().peek())
    what(*urgent);
  if (auto normal = who.get_normal_queue().peek())
    what(*normal);
}

#endif

} // namespace troupe::testing
