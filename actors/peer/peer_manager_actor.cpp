// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_manager_actor.hpp"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/qos/subscribers.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

struct peer_manager_state {
  static inline const char* name = "troupe.peer-manager";

  peer_manager_state(peer_manager_actor::pointer ptr, peer_manager manager,
                     std::shared_ptr<entropy> generator,
                     peer_manager_memory how, peer_manager_watch watcher)
    : self(ptr),
      lines(ptr),
      random(std::move(generator)),
      core(std::move(manager)),
      subscribed(ptr),
      memory(std::move(how)),
      watch(std::move(watcher)) {}

  // The table of contents: one line per message, decisions live in `core`.
  peer_manager_actor::behavior_type make_behavior() {
    load();
    self->set_down_handler(
        [this](const caf::down_msg& msg) { subscribed.remove(msg.source); });
    return {
        [this](caf::add_atom, const node_address& address) {
          return add(address);
        },
        [this](caf::add_atom, const std::vector<node_address>& addresses,
               const node_id& source) { return learn(addresses, source); },
        [this](dial_next_atom) { return park_dialer(); },
        [this](caf::publish_atom, const node_address& own) {
          core.found_at(own);
        },
        [this](caf::resolve_atom, const node_address& address) {
          return core.trusts(address);
        },
        [this](dial_failed_atom, const node_address& address) {
          return settle(core.dial_failed(address, now()));
        },
        [this](dial_failed_atom, const node_address& address,
               const caf::error& why) {
          return settle(core.dial_failed(address, now(), to_failure(why)));
        },
        [this](caf::connect_atom, const node_address& address) {
          return settle(core.answered(address, now()));
        },
        [this](dialed_atom, const node_address& address) {
          return settle(core.dialed(address, now()));
        },
        [this](dialed_atom, const node_address& address,
               const endpoint& remote) {
          return settle(core.dialed(address, now(), remote));
        },
        [this](accepted_atom, const node_id& id) {
          return settle(core.accepted(id, std::nullopt, now()));
        },
        [this](accepted_atom, const node_id& id, const ip_network& subnet) {
          return settle(core.accepted(id, subnet, now()));
        },
        [this](accepted_atom, const node_id& id, const endpoint& remote) {
          return settle(core.accepted(id, std::nullopt, now(), remote));
        },
        [this](accepted_atom, const node_id& id, const ip_network& subnet,
               const endpoint& remote) {
          return settle(core.accepted(id, subnet, now(), remote));
        },
        [this](incompatible_atom, const node_id& id, const caf::error& why) {
          return settle(core.incompatible(id, to_failure(why), now()));
        },
        [this](listen_atom, const std::vector<endpoint>& where) {
          core.listens_at(where);
        },
        [this](introduce_atom, std::string& profile) {
          core.introduce(std::move(profile), now());
          settle();
        },
        [this](ready_atom, const connection_ref& which, peer_info& info) {
          return settle(core.ready(which, std::move(info)));
        },
        [this](errored_atom, const connection_ref& which,
               const caf::error& reason) {
          const auto [code, text] = said_by(reason, errc::evicted);
          return settle(errored(which, code, text));
        },
        [this](evict_next_atom) { return park_evictor(); },
        [this](report_atom, const connection_ref& which, caf::timespan rtt) {
          core.measured(which, rtt);
        },
        [this](disconnected_atom, const connection_ref& which,
               const caf::error& reason) {
          // What has none of our codes broke here, not at the remote.
          const auto [code, text] = said_by(reason, errc::invalid_state);
          return settle(core.disconnected(which, code, now(), text));
        },
        [this](wait_next_atom) { return park_herald(); },
        [this](probe_next_atom) { return park_prober(); },
        [this](active_atom, const connection_ref& which) {
          core.active(which);
        },
        [this](caf::subscribe_atom, const caf::actor& who) {
          subscribed.add(
              who,
              [](const peer_update& x) { return is_connectivity(x.status); },
              core.snapshot());
        },
        [this](caf::subscribe_atom, report_atom, const caf::actor& who) {
          subscribed.add(who, {}, core.snapshot());
        },
        [this](caf::unsubscribe_atom, const caf::actor& who) {
          subscribed.dismiss(who);
        },
        [this](caf::get_atom, caf::update_atom) { return snapshot(); },
        [this](report_atom, const node_id& id, peer_behaviour what) {
          return settle(core.report(id, what, now()));
        },
        [this](advertise_atom, const node_id& asker, uint64_t limit) {
          return core.advertise(asker, limit, now());
        },
        [this](caf::get_atom, caf::add_atom) { return core.fullness(); },
        [this](disconnect_atom, const node_id& id, caf::timespan linger) {
          return settle(core.hang_up(id, linger));
        },
        [this](dial_atom, const node_address& address) {
          return command(core.dial_now(address, now()));
        },
        [this](disconnect_atom, const node_id& id) {
          return command(core.disconnect(id));
        },
        [this](ban_atom, const node_id& id, caf::timespan how_long,
               std::string& reason) {
          return command(core.ban(id, how_long, std::move(reason), now()));
        },
        [this](unban_atom, const node_id& id) {
          return command(core.unban(id, now()));
        },
        [this](forget_atom, const node_id& id) {
          return command(core.forget(id));
        },
        [this](list_atom, uint64_t limit) { return core.list(limit, now()); },
        [this](caf::get_atom, limits_atom) { return core.limits(); },
        [this](limits_atom, const connection_limits& limits) {
          return set_limits(limits);
        },
        [this](caf::close_atom) { close(); },
    };
  }

  /// The peer may have hung up before its error was found.
  errc errored(const connection_ref& which, errc reason,
               const std::string& text) {
    auto result = core.errored(which, reason, now(), text);
    return result == errc::not_connected ? core.late_error(which, reason, now())
                                         : result;
  }

  caf::result<bool> add(const node_address& address) {
    auto added = core.add(address);
    if (!added)
      return to_error(added.error());
    settle();
    return *added;
  }

  uint64_t learn(const std::vector<node_address>& addresses,
                 const node_id& source) {
    auto added = core.learn(addresses, source, now());
    settle();
    return added;
  }

  // -- what waits for something to happen -------------------------------------

  /// `DialNext` "blocks" in the ADR; here it parks a promise instead.
  caf::result<node_address> park_dialer() {
    auto promise = self->make_response_promise<node_address>();
    dialers.push_back(promise);
    settle();
    return promise;
  }

  caf::result<eviction> park_evictor() {
    auto promise = self->make_response_promise<eviction>();
    evictors.push_back(promise);
    settle();
    return promise;
  }

  caf::result<connection_ref> park_prober() {
    auto promise = self->make_response_promise<connection_ref>();
    probers.push_back(promise);
    settle();
    return promise;
  }

  caf::result<wait_notice> park_herald() {
    auto promise = self->make_response_promise<wait_notice>();
    heralds.push_back(promise);
    settle();
    return promise;
  }

  caf::result<void> set_limits(const connection_limits& limits) {
    auto bad = core.set_limits(limits, now());
    settle();
    if (bad.code != errc::none)
      return to_error(bad);
    return caf::unit;
  }

  /// An operator's wish: it is remembered before it is answered.
  caf::result<void> command(errc code) {
    settle();
    if (code != errc::none || !memory.store || !core.has_changes())
      return as_result(code);
    auto promise = self->make_response_promise<void>();
    unsaved.push_back(promise);
    commit();
    return promise;
  }

  caf::result<void> settle(errc code) {
    settle();
    return as_result(code);
  }

  caf::result<admission> settle(admission verdict) {
    settle();
    if (verdict.code != errc::none)
      return caf::make_error(verdict.code);
    return verdict;
  }

  /// Passes on whatever the last operation made possible.
  void settle() {
    for (const auto& update : core.take_updates())
      subscribed.publish(update);
    while (!dialers.empty()) {
      auto next = core.dial_next(now());
      if (!next)
        break;
      dialers.front().deliver(std::move(*next));
      dialers.pop_front();
    }
    while (!probers.empty()) {
      auto next = core.probe_next(now());
      if (!next)
        break;
      probers.front().deliver(*next);
      probers.pop_front();
    }
    while (!heralds.empty()) {
      auto next = core.next_notice();
      if (!next)
        break;
      heralds.front().deliver(std::move(*next));
      heralds.pop_front();
    }
    // Last, as all that has the time may find that a visit is over.
    while (!evictors.empty()) {
      auto next = core.evict_next();
      if (!next)
        break;
      evictors.front().deliver(*next);
      evictors.pop_front();
    }
    if (memory.store && !saving_now && core.has_changes())
      saving.set(self, after(now(), memory.delay), [this] { commit(); });
    // Time alone changes something only for visitors, and for those who wait
    // for an address.
    auto when = core.next_farewell();
    if (auto next = core.next_wakeup(); next && !dialers.empty())
      when = when ? std::min(*when, *next) : next;
    if (when)
      wakeup.set(self, *when, [this] {
        core.tick(now());
        settle();
      });
    if (watch)
      watch(core);
  }

  std::vector<peer_update> snapshot() {
    subscribed.clear(caf::actor_cast<caf::actor_addr>(self->current_sender()));
    return core.snapshot();
  }

  // -- memory -----------------------------------------------------------------

  /// Comes first: whatever arrives meanwhile waits.
  void load() {
    if (!memory.store)
      return;
    self->request(memory.store, caf::infinite, load_atom_v)
        .await(
            [this](const store_contents& found) {
              for (const auto& line : found.problems)
                lines.warn("store_problem", "what={}", log_text(line));
              core.load_secret(found.secret);
              for (const auto& line :
                   core.load(found.peers, now(), memory.clock->now()))
                lines.warn("stored_peer_skipped", "what={}", log_text(line));
            },
            [this](caf::error& reason) { self->quit(std::move(reason)); });
  }

  /// One commit at a time: what changes meanwhile goes into the next one.
  void commit() {
    if (memory.store && !saving_now && core.has_changes())
      save();
  }

  void save() {
    auto changes = core.take_changes(now(), memory.clock->now());
    if (changes.empty() && unsaved.empty())
      return;
    saving_now = true;
    auto answers = std::exchange(unsaved, {});
    self->request(memory.store, caf::infinite, commit_atom_v,
                  std::move(changes))
        .then(
            [this, answers]() mutable {
              for (auto& promise : answers)
                promise.deliver();
              committed();
            },
            [this, answers](const caf::error& reason) mutable {
              for (auto& promise : answers)
                promise.deliver(reason);
              committed();
            });
  }

  void committed() {
    saving_now = false;
    if (!unsaved.empty())
      commit();
    else
      settle();
  }

  /// The store is behind everything that it still has to store.
  void close() {
    if (memory.store) {
      // Whether or not something happened: the clock may have jumped.
      save();
      self->send(memory.store, caf::close_atom_v);
    }
    self->quit();
  }

  /// The code of an error, and what its text says besides.
  static failure said_by(const caf::error& why, errc otherwise) {
    failure result{code_of(why, otherwise), text_of(why)};
    if (result.context == to_string(result.code))
      result.context.clear();
    return result;
  }

  static failure to_failure(const caf::error& why) {
    return {code_of(why, errc::invalid_state), text_of(why)};
  }

  time_point now() const {
    return self->system().clock().now();
  }

  peer_manager_actor::pointer self;
  event_log lines;
  std::shared_ptr<entropy> random; // Used by `core`.
  peer_manager core;
  std::deque<caf::typed_response_promise<node_address>> dialers;
  std::deque<caf::typed_response_promise<eviction>> evictors;
  std::deque<caf::typed_response_promise<connection_ref>> probers;
  std::deque<caf::typed_response_promise<wait_notice>> heralds;
  subscribers<peer_update, peer_manager_actor::pointer> subscribed;
  peer_manager_memory memory;
  peer_manager_watch watch;
  alarm wakeup;
  alarm saving;
  bool saving_now = false;
  /// What operators asked for and is not yet on its way into the store.
  std::vector<caf::typed_response_promise<void>> unsaved;
};

} // namespace

peer_manager_actor spawn_peer_manager(caf::actor_system& sys, peer_manager core,
                                      std::shared_ptr<entropy> random,
                                      peer_manager_memory memory,
                                      peer_manager_watch watch) {
  return spawn_state<peer_manager_state, peer_manager_actor>(
      sys, std::move(core), std::move(random), std::move(memory),
      std::move(watch));
}

} // namespace troupe
