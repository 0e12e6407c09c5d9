// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_system.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/detail/meta_object.hpp>
#include <caf/exit_reason.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/send.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/messages/plain_text.hpp"
#include "troupe/tests/harness/seeds.hpp"
#include "troupe/transport/connection_actor.hpp"

namespace troupe::testing {

namespace {

/// Not 0, so that "an hour ago" is a time, too.
constexpr auto beginning = time_point{std::chrono::hours{24}};

/// Bytes of a message's content that a trace shows at most.
constexpr size_t content_max = 2000;

std::string_view type_name(caf::type_id_t id) {
  auto name = caf::query_type_name(id);
  return {name.data(), name.size()};
}

/// Counts those who keep an actor, or what is left of it, besides the address
/// at hand.
size_t keepers_of(const caf::actor_addr& who) {
  auto mine = caf::actor_cast<caf::weak_actor_ptr>(who);
  if (!mine)
    return 0;
  // Strong handles share one reference to the block.
  return mine.get()->weak_refs.load() - 2;
}

/// Once in the process: CAF's table of types has no lock, and there may be
/// simulations in several threads.
void register_types() {
  static const auto done = [] {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::core::init_global_meta_objects();
    return true;
  }();
  static_cast<void>(done);
}

bool is_running(const caf::strong_actor_ptr& who) {
  return who && !who->get()->getf(caf::abstract_actor::is_terminated_flag);
}

} // namespace

// -- life ---------------------------------------------------------------------

sim_system::config::config() {
  register_types();
  log().set_level(spdlog::level::off);
}

sim_system::sim_system(const sim_run& run, size_t steps_max)
  : run_(run),
    steps_max_(steps_max),
    draws_(std::make_shared<sim_draws>(run.turns)),
    random_(run.seed, draws_),
    clock_(beginning),
    trace_(beginning),
    config_(std::make_unique<config>()) {
  sys_ = sim_scheduler::make_system(*config_, random_.split(), clock_);
  // Whoever is left is ours to find.
  sys_->await_actors_before_shutdown(false);
  scheduler_ = &sim_scheduler::of(*sys_);
  scheduler_->set_observer(this);
  settle_owners();
  first_id_ = last_owned_;
  if (auto path = std::getenv("TROUPE_TRACE")) {
    auto out = std::make_shared<std::ofstream>(path, std::ios::app);
    *out << "# seed " << run.code() << '\n';
    trace_.set_sink([out](std::string_view line) { *out << line << '\n'; });
  }
  show_contents_ = std::getenv("TROUPE_TRACE_CONTENTS") != nullptr;
}

sim_system::~sim_system() {
  scheduler_->set_observer(nullptr);
  residents_.clear();
  sys_.reset();
  property_collector::collect(properties_);
}

// -- time ---------------------------------------------------------------------

duration sim_system::elapsed() const {
  return clock_.now() - beginning;
}

bool sim_system::step_now() {
  if (scheduler_->idle())
    return false;
  {
    auto scope = property_watch_scope{*this};
    scheduler_->step();
  }
  ended_step();
  throw_if_failed();
  return true;
}

/// Alarms of one instant go off one by one, so that what the first leads to is
/// done before the second, or together: what they lead to mixes.
void sim_system::fire_next() {
  auto scope = property_watch_scope{*this};
  do {
    trace_.note_alarm(*clock_.next());
    clock_.fire();
    ended_step();
  } while (clock_.next() == now() && random_.chance(500));
  throw_if_failed();
}

/// What is spawned from now on does not belong to who ran last.
void sim_system::ended_step() {
  ++steps_;
  settle_owners();
  current_ = no_party;
}

bool sim_system::step() {
  if (step_now())
    return true;
  if (!clock_.next())
    return false;
  fire_next();
  return true;
}

void sim_system::settle() {
  for (size_t i = 0; step_now(); ++i)
    if (i > steps_max_) {
      report("somebody runs in circles");
      throw_if_failed();
    }
}

void sim_system::advance(duration span) {
  const auto end = now() + span;
  run_until([] { return false; }, span);
  clock_.advance_to(end);
}

bool sim_system::run_until(const std::function<bool()>& what, duration limit) {
  const auto end = now() + limit;
  throw_if_failed();
  size_t at_once = 0;
  auto instant = now();
  for (;;) {
    settle();
    if (what())
      return true;
    auto next = clock_.next();
    if (!next || *next > end) {
      clock_.advance_to(end);
      return false;
    }
    fire_next();
    at_once = now() == instant ? at_once + 1 : 0;
    instant = now();
    if (at_once > steps_max_) {
      report("somebody sets alarms in circles");
      throw_if_failed();
    }
  }
}

void sim_system::at(time_point when, std::function<void()> what) {
  static_cast<caf::actor_clock&>(clock_).schedule(
      when, caf::make_action(std::move(what)));
}

// -- who belongs to whom ------------------------------------------------------

void sim_system::settle_owners() {
  const auto latest = sys_->latest_actor_id();
  if (latest == last_owned_)
    return;
  if (owners_.empty() || owners_.rbegin()->second != current_)
    owners_.emplace_hint(owners_.end(), last_owned_ + 1, current_);
  last_owned_ = latest;
}

sim_party sim_system::party_of(caf::actor_id id) const {
  if (id > last_owned_)
    return current_;
  auto i = owners_.upper_bound(id);
  return i == owners_.begin() ? no_party : std::prev(i)->second;
}

void sim_system::noticed(caf::local_actor& who) {
  auto [i, fresh] = residents_.try_emplace(who.id());
  if (!fresh)
    return;
  i->second = {who.address(), who.name(), party_of(who.id())};
  if (residents_.size() >= sweep_at_) {
    sweep_residents();
    sweep_at_ = std::max<size_t>(4096, 2 * residents_.size());
  }
}

void sim_system::sweep_residents() {
  std::erase_if(residents_, [](const auto& x) {
    return keepers_of(x.second.address) == 0;
  });
}

std::vector<caf::actor_id> sim_system::resident_ids() const {
  std::vector<caf::actor_id> result;
  result.reserve(residents_.size());
  for (const auto& [id, who] : residents_)
    result.push_back(id);
  std::sort(result.begin(), result.end());
  return result;
}

void sim_system::running(caf::local_actor& who) {
  settle_owners();
  auto i = residents_.find(who.id());
  current_ = i != residents_.end() ? i->second.party : party_of(who.id());
}

void sim_system::interrupted() {
  settle_owners();
  interrupted_.push_back(current_);
}

void sim_system::resumed() {
  settle_owners();
  current_ = interrupted_.back();
  interrupted_.pop_back();
}

void sim_system::met(const property& which, bool holds) {
  if (holds)
    properties_.add(which);
  else if (which.what() == property::kind::always)
    report(fmt::format("{}does not hold: {}",
                       current_ == no_party
                           ? std::string{}
                           : fmt::format("node-{}: ", current_),
                       which.text()));
}

void sim_system::waiting(caf::local_actor& who, size_t messages) {
  if (messages < 2)
    return;
  auto i = mailbox_peaks_.find(std::string_view{who.name()});
  if (i == mailbox_peaks_.end())
    i = mailbox_peaks_.emplace(who.name(), 0).first;
  i->second = std::max(i->second, messages - 1);
}

void sim_system::delivering(caf::local_actor& to,
                            const caf::mailbox_element& what) {
  sim_delivery entry;
  entry.party = current_;
  entry.receiver = to.name();
  entry.receiver_id = to.id();
  if (what.sender) {
    entry.sender_id = what.sender->id();
    auto from = residents_.find(what.sender->id());
    entry.sender = from != residents_.end() ? from->second.name
                                            : std::string_view{"test"};
  }
  auto types = what.payload.types();
  entry.type_count = types.size();
  for (size_t n = 0; n < std::min(entry.type_count, entry.types.size()); ++n)
    entry.types[n] = type_name(types[n]);
  // Whoever may have written it, it stays one line.
  if (show_contents_)
    entry.content = plain_text(caf::deep_to_string(what.payload), content_max);
  trace_.note(now(), entry);
  if (interceptor_)
    // The scheduler only lets us look; the element itself is the actor's.
    interceptor_(current_, to, const_cast<caf::mailbox_element&>(what));
}

void sim_system::kill(sim_party party) {
  auto scope = property_watch_scope{*this};
  settle_owners();
  for (auto id : resident_ids())
    if (const auto& who = residents_.at(id); who.party == party)
      if (auto ptr = caf::actor_cast<caf::strong_actor_ptr>(who.address);
          is_running(ptr))
        caf::anon_send_exit(caf::actor_cast<caf::actor>(ptr),
                            caf::exit_reason::kill);
  auto belongs = [this, party](caf::local_actor& who) {
    return party_of(who.id()) == party;
  };
  while (scheduler_->step_if(belongs))
    ended_step();
  throw_if_failed();
}

template <class Predicate>
size_t sim_system::count_running(Predicate chosen) {
  size_t result = 0;
  for (const auto& [id, who] : residents_)
    if (chosen(who)
        && is_running(caf::actor_cast<caf::strong_actor_ptr>(who.address)))
      ++result;
  return result;
}

size_t sim_system::running(sim_party party) {
  return count_running(
      [party](const resident& who) { return who.party == party; });
}

size_t sim_system::running_of_parties() {
  return count_running(
      [](const resident& who) { return who.party != no_party; });
}

size_t sim_system::running(std::string_view name) {
  return count_running(
      [name](const resident& who) { return who.name == name; });
}

caf::strong_actor_ptr sim_system::find(caf::actor_id id) const {
  auto i = residents_.find(id);
  if (i == residents_.end())
    return nullptr;
  return caf::actor_cast<caf::strong_actor_ptr>(i->second.address);
}

caf::strong_actor_ptr sim_system::find(std::string_view name) const {
  auto all = find_all(name);
  return all.empty() ? nullptr : all.front();
}

std::vector<caf::strong_actor_ptr>
sim_system::find_all(std::string_view name) const {
  std::vector<caf::strong_actor_ptr> result;
  for (auto id : resident_ids())
    if (auto who = find(id); residents_.at(id).name == name && is_running(who))
      result.push_back(std::move(who));
  return result;
}

std::vector<std::string> sim_system::leftovers() {
  clock_.sweep();
  std::vector<std::string> result;
  for (auto id : resident_ids()) {
    const auto& who = residents_.at(id);
    if (auto ptr = caf::actor_cast<caf::strong_actor_ptr>(who.address);
        ptr && id > first_id_)
      result.push_back(fmt::format(
          "{}#{} of {}{}", who.name, id,
          who.party == no_party ? "the test"
                                : fmt::format("node-{}", who.party),
          is_running(ptr) ? ", running" : ", ended but not released"));
  }
  return result;
}

std::vector<std::string> sim_system::remains() {
  clock_.sweep();
  sweep_residents();
  std::vector<std::string> result;
  for (auto id : resident_ids()) {
    const auto& who = residents_.at(id);
    if (id > first_id_ && !caf::actor_cast<caf::strong_actor_ptr>(who.address))
      result.emplace_back(who.name);
  }
  return result;
}

// -- failures -----------------------------------------------------------------

void sim_system::report(std::string problem) {
  if (problem_)
    return;
  trace_.note(now(), "failure: " + problem);
  problem_ = std::move(problem);
}

void sim_system::throw_if_failed() {
  if (!problem_)
    return;
  auto seconds = std::chrono::duration<double>{elapsed()}.count();
  std::string lines;
  for (const auto& line : descriptions_)
    lines += fmt::format("  {}\n", line);
  auto text = fmt::format(
      "{}\n  at {:.6f} s of simulated time, seed {}\n{}{}{}\n"
      "the last of the trace (set TROUPE_TRACE=FILE to get all of it):\n{}",
      *problem_, seconds, run_.code(), lines,
      replay_.empty() ? "" : "  run again with: ", replay_, trace_.tail(60));
  throw sim_failure{*problem_, run_.seed, text};
}

} // namespace troupe::testing
