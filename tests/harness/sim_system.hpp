// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "troupe/messages/property.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/property_tally.hpp"
#include "troupe/tests/harness/sim_clock.hpp"
#include "troupe/tests/harness/sim_failure.hpp"
#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/tests/harness/sim_run.hpp"
#include "troupe/tests/harness/sim_scheduler.hpp"
#include "troupe/tests/harness/sim_trace.hpp"

namespace troupe::testing {

/// An actor system in one thread, in virtual time, whose whole run is a
/// function of a seed: which actor goes next, and every random number.
///
/// Actors in it must not be detached nor block, and must take the time, random
/// numbers and host names from Troupe's seams.
///
///     sim_system world{seed};
///     auto who = world.sys().spawn(my_actor, ...);
///     world.advance(5s);
class sim_system final : private sim_step_observer, private property_watch {
public:
  /// Nobody has that much to do at one instant: somebody runs in circles.
  static constexpr size_t steps_at_once_max = 20'000'000;

  /// @param steps_max steps at one instant before `advance` and `settle` give
  ///                  up.
  explicit sim_system(const sim_run& run, size_t steps_max = steps_at_once_max);

  sim_system(const sim_system&) = delete;

  sim_system& operator=(const sim_system&) = delete;

  ~sim_system() override;

  caf::actor_system& sys() {
    return *sys_;
  }

  [[nodiscard]] uint64_t seed() const {
    return run_.seed;
  }

  /// What the run is a function of.
  [[nodiscard]] const sim_run& run() const {
    return run_;
  }

  /// Numbers that all generators of the run have drawn so far: where a turn may
  /// be.
  [[nodiscard]] uint64_t draws() const {
    return draws_->count();
  }

  /// What the test draws from.
  sim_random& random() {
    return random_;
  }

  sim_trace& trace() {
    return trace_;
  }

  // -- time -------------------------------------------------------------------

  [[nodiscard]] time_point now() const {
    return clock_.now();
  }

  /// Virtual time since the beginning.
  [[nodiscard]] duration elapsed() const;

  /// Lets one actor take a message, or, if nobody has any, moves on to the next
  /// alarm. @returns `false` if there is neither.
  bool step();

  /// Lets one actor take a message. @returns `false` if nobody has any.
  bool step_now();

  /// Runs until nobody has anything to do at this instant.
  void settle();

  /// Lets time pass, and everything happen meanwhile.
  void advance(duration span);

  /// Lets time pass until `what` holds, for at most `limit`. Asks whenever
  /// nobody has anything left to do at an instant.
  /// @returns whether it holds.
  bool run_until(const std::function<bool()>& what, duration limit);

  /// Calls `what` at a time, outside of all actors.
  void at(time_point when, std::function<void()> what);

  /// Steps that actors took, and alarms that fired.
  [[nodiscard]] uint64_t steps() const {
    return steps_;
  }

  // -- who belongs to whom ----------------------------------------------------

  /// Calls `what`; the actors that it spawns belong to `party`, and so do those
  /// that they spawn.
  template <class F>
  decltype(auto) as(sim_party party, F what) {
    auto scope = party_scope{*this, party};
    return what();
  }

  /// Ends all actors of a party at this instant, before anybody else does
  /// anything.
  void kill(sim_party party);

  /// Actors of a party that have not ended.
  [[nodiscard]] size_t running(sim_party party);

  /// Actors of any party that have not ended.
  [[nodiscard]] size_t running_of_parties();

  /// Actors of that name that have not ended.
  [[nodiscard]] size_t running(std::string_view name);

  /// The actor with that ID, null if there is none or nobody holds it any more.
  [[nodiscard]] caf::strong_actor_ptr find(caf::actor_id id) const;

  /// The oldest actor of that name that has not ended, null if there is none.
  [[nodiscard]] caf::strong_actor_ptr find(std::string_view name) const;

  /// All actors of that name that have not ended, oldest first.
  [[nodiscard]] std::vector<caf::strong_actor_ptr>
  find_all(std::string_view name) const;

  /// Names of the actors that are still allocated, a line each.
  [[nodiscard]] std::vector<std::string> leftovers();

  /// Names of the actors that have ended and still take up memory, as somebody
  /// keeps their address: in a monitor, a link or a variable.
  [[nodiscard]] std::vector<std::string> remains();

  /// The most messages that ever waited in the mailbox of an actor, behind the
  /// one that it took; by the actors' names, where there were any.
  [[nodiscard]] const std::map<std::string, size_t, std::less<>>&
  mailbox_peaks() const {
    return mailbox_peaks_;
  }

  /// The same for actors of that name.
  [[nodiscard]] size_t mailbox_peak(std::string_view name) const {
    auto i = mailbox_peaks_.find(name);
    return i != mailbox_peaks_.end() ? i->second : 0;
  }

  /// How often `always`, `sometimes` and `reachable` held in actors.
  [[nodiscard]] const property_tally& properties() const {
    return properties_;
  }

  /// Alarms that are set.
  [[nodiscard]] size_t alarms() {
    return clock_.sweep();
  }

  // -- failures ---------------------------------------------------------------

  /// Reports that something is wrong. May be called from anywhere; whoever runs
  /// the simulation gets a `sim_failure` as soon as the current step is over.
  void report(std::string problem);

  /// Throws what was reported.
  void throw_if_failed();

  /// Says in failures how to run this again.
  void set_replay(std::string command) {
    replay_ = std::move(command);
  }

  /// Adds a line to what failures say: which kinds of faults there are, say.
  void describe(std::string line) {
    descriptions_.push_back(std::move(line));
  }

  // -- looking at messages ----------------------------------------------------

  /// Sees a message that an actor is about to take, and may change it.
  using interceptor = std::function<void(sim_party party, caf::local_actor& to,
                                         caf::mailbox_element& what)>;

  void set_interceptor(interceptor what) {
    interceptor_ = std::move(what);
  }

  /// Whether the trace has what is in messages, besides their types. Makes a
  /// run slower and changes nothing else.
  void show_contents(bool value) {
    show_contents_ = value;
  }

private:
  struct resident {
    caf::actor_addr address;
    std::string_view name;
    sim_party party = no_party;
  };

  struct config : caf::actor_system_config {
    config();
  };

  class party_scope {
  public:
    party_scope(sim_system& parent, sim_party party)
      : parent_(parent),
        watching_(parent) {
      parent_.settle_owners();
      previous_ = std::exchange(parent_.current_, party);
    }

    party_scope(const party_scope&) = delete;

    party_scope& operator=(const party_scope&) = delete;

    ~party_scope() {
      parent_.settle_owners();
      parent_.current_ = previous_;
    }

  private:
    sim_system& parent_;
    property_watch_scope watching_;
    sim_party previous_;
  };

  void noticed(caf::local_actor& who) override;
  void running(caf::local_actor& who) override;
  void waiting(caf::local_actor& who, size_t messages) override;
  void delivering(caf::local_actor& to,
                  const caf::mailbox_element& what) override;
  void interrupted() override;
  void resumed() override;
  void met(const property& which, bool holds) override;

  void fire_next();
  void ended_step();
  void settle_owners();
  sim_party party_of(caf::actor_id id) const;
  [[nodiscard]] std::vector<caf::actor_id> resident_ids() const;
  void sweep_residents();
  template <class Predicate>
  size_t count_running(Predicate chosen);

  sim_run run_;
  size_t steps_max_;
  std::shared_ptr<sim_draws> draws_;
  sim_random random_;
  sim_clock clock_;
  sim_trace trace_;
  std::unique_ptr<config> config_;
  std::unique_ptr<caf::actor_system> sys_;
  sim_scheduler* scheduler_;
  uint64_t steps_ = 0;

  /// The last of the actor system's own actors.
  caf::actor_id first_id_ = 0;
  /// In no order: for nothing that the run depends on.
  std::unordered_map<caf::actor_id, resident> residents_;
  size_t sweep_at_ = 4096;
  sim_party current_ = no_party;
  std::vector<sim_party> interrupted_; // Whose actors wait to go on.
  /// Who the actors up to that ID belong to, in ranges: first ID, party.
  std::map<caf::actor_id, sim_party> owners_;
  caf::actor_id last_owned_ = 0;

  std::map<std::string, size_t, std::less<>> mailbox_peaks_;

  property_tally properties_;

  std::optional<std::string> problem_;
  std::string replay_;
  std::vector<std::string> descriptions_;
  interceptor interceptor_;
  bool show_contents_ = false;
};

} // namespace troupe::testing
