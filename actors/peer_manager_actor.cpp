// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer_manager_actor.hpp"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

struct peer_manager_state {
  static inline const char* name = "troupe.peer-manager";

  peer_manager_state(peer_manager_actor::pointer ptr, peer_manager manager,
                     std::shared_ptr<entropy> generator,
                     peer_manager_watch watcher)
    : self(ptr),
      random(std::move(generator)),
      core(std::move(manager)),
      watch(std::move(watcher)) {}

  // The table of contents: one line per message, decisions live in `core`.
  peer_manager_actor::behavior_type make_behavior() {
    self->set_down_handler(
        [this](const caf::down_msg& msg) { unsubscribe(msg.source); });
    return {
        [this](caf::add_atom, const node_address& address) {
          return add(address);
        },
        [this](dial_next_atom) { return park_dialer(); },
        [this](dial_failed_atom, const node_address& address) {
          return settle(core.dial_failed(address, now()));
        },
        [this](dialed_atom, const node_address& address) {
          return settle(core.dialed(address, now()));
        },
        [this](accepted_atom, const node_id& id) {
          return settle(core.accepted(id, now()));
        },
        [this](ready_atom, const connection_ref& which, peer_info& info) {
          return settle(core.ready(which, std::move(info)));
        },
        [this](errored_atom, const connection_ref& which,
               const caf::error& reason) {
          return settle(core.errored(which, code_of(reason, errc::evicted)));
        },
        [this](evict_next_atom) { return park_evictor(); },
        [this](disconnected_atom, const connection_ref& which,
               const caf::error& reason) {
          return settle(core.disconnected(
              which, code_of(reason, errc::connection_closed), now()));
        },
        [this](caf::subscribe_atom, const caf::actor& who) { subscribe(who); },
        [this](caf::unsubscribe_atom, const caf::actor& who) {
          self->demonitor(who);
          unsubscribe(who.address());
        },
        [this](caf::close_atom) { self->quit(); },
    };
  }

  caf::result<bool> add(const node_address& address) {
    auto added = core.add(address);
    if (!added)
      return to_error(added.error());
    settle();
    return *added;
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
    for (auto& update : core.take_updates())
      publish(update);
    while (!evictors.empty()) {
      auto next = core.evict_next();
      if (!next)
        break;
      evictors.front().deliver(*next);
      evictors.pop_front();
    }
    while (!dialers.empty()) {
      auto next = core.dial_next(now());
      if (!next)
        break;
      dialers.front().deliver(std::move(*next));
      dialers.pop_front();
    }
    // Time alone changes something only for those who wait for an address.
    if (auto when = core.next_wakeup(); when && !dialers.empty())
      wakeup.set(self, *when, [this] { settle(); });
    if (watch)
      watch(core);
  }

  // -- peer updates -----------------------------------------------------------

  void subscribe(const caf::actor& who) {
    unsubscribe(who.address());
    self->monitor(who);
    subscribers.push_back(who);
    for (auto& update : core.snapshot())
      caf::anon_send(who, std::move(update));
  }

  void unsubscribe(const caf::actor_addr& who) {
    std::erase_if(subscribers,
                  [&who](const auto& x) { return x.address() == who; });
  }

  void publish(const peer_update& update) {
    for (const auto& who : subscribers)
      caf::anon_send(who, update);
  }

  time_point now() const {
    return self->system().clock().now();
  }

  peer_manager_actor::pointer self;
  std::shared_ptr<entropy> random; // Used by `core`.
  peer_manager core;
  peer_manager_watch watch;
  std::deque<caf::typed_response_promise<node_address>> dialers;
  std::deque<caf::typed_response_promise<eviction>> evictors;
  std::vector<caf::actor> subscribers;
  alarm wakeup;
};

} // namespace

peer_manager_actor spawn_peer_manager(caf::actor_system& sys, peer_manager core,
                                      std::shared_ptr<entropy> random,
                                      peer_manager_watch watch) {
  return spawn_state<peer_manager_state, peer_manager_actor>(
      sys, std::move(core), std::move(random), std::move(watch));
}

} // namespace troupe
