// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_store_actor.hpp"

#include <utility>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/operator/log.hpp"
#include "troupe/peerstore/rules/retry_schedule.hpp"
#include "troupe/peerstore/store/commit_queue.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

/// What the actor tells itself besides.
using peer_store_impl = peer_store_actor::extend<
    // Every request that waited in the mailbox before this one is in the queue.
    caf::result<void>(caf::tick_atom)>;

struct peer_store_state {
  static inline const char* name = "troupe.peer-store";

  peer_store_state(peer_store_impl::pointer ptr,
                   std::shared_ptr<peer_store> behind)
    : self(ptr),
      lines(ptr),
      store(std::move(behind)) {}

  peer_store_impl::behavior_type make_behavior() {
    return {
        [this](load_atom) { return load(); },
        [this](commit_atom, const store_changes& changes) {
          return push(changes);
        },
        [this](caf::close_atom) { close(); },
        [this](caf::tick_atom) { begin(); },
    };
  }

  caf::result<store_contents> load() {
    // Whoever loads sees what was sent before.
    flush();
    auto found = store->load();
    if (!found)
      return to_error(found.error());
    return std::move(*found);
  }

  // -- commits ----------------------------------------------------------------

  caf::result<void> push(const store_changes& changes) {
    if (waiting.size() >= store_requests_max)
      return caf::make_error(errc::queue_full);
    if (auto bad = queue.push(changes); bad.code != errc::none)
      return to_error(bad);
    auto promise = self->make_response_promise<void>();
    waiting.push_back(promise);
    if (!std::exchange(scheduled, true))
      self->send(self, caf::tick_atom_v);
    return promise;
  }

  /// A store that does not block takes its time here.
  void begin() {
    alarm_clock.cancel();
    if (queue.empty() || store->blocks())
      return flush();
    auto next = queue.take();
    auto delay = store->begin(next);
    queue.restore(std::move(next));
    if (delay <= duration::zero())
      return flush();
    wake_after(delay, [this] { flush(); });
  }

  void flush() {
    scheduled = false;
    alarm_clock.cancel();
    auto answers = std::exchange(waiting, {});
    auto changes = queue.take();
    failure bad;
    if (!changes.empty())
      bad = store->commit(changes);
    note(bad);
    if (bad.code != errc::none) {
      queue.restore(std::move(changes));
      wake_after(store_retry_interval, [this] { begin(); });
    }
    for (auto& promise : answers)
      if (bad.code == errc::none)
        promise.deliver();
      else
        promise.deliver(to_error(bad));
  }

  /// Logs when a store begins to refuse, and when it is over.
  void note(const failure& bad) {
    const auto fails = bad.code != errc::none;
    if (fails && !failing)
      lines.error("store_failed", "reason={}", log_text(bad.context));
    else if (!fails && failing)
      lines.warn("store_recovered", "");
    failing = fails;
  }

  template <class F>
  void wake_after(duration delay, F what) {
    alarm_clock.set(self, after(self->system().clock().now(), delay), what);
  }

  void close() {
    flush();
    self->quit();
  }

  peer_store_impl::pointer self;
  event_log lines;
  std::shared_ptr<peer_store> store;
  commit_queue queue{store_queue_max};
  std::vector<caf::typed_response_promise<void>> waiting;
  /// Whether a commit comes without a further request.
  bool scheduled = false;
  bool failing = false;
  alarm alarm_clock;
};

} // namespace

peer_store_actor spawn_peer_store(caf::actor_system& sys,
                                  std::shared_ptr<peer_store> store) {
  if (store->blocks())
    return spawn_state<peer_store_state, peer_store_impl, caf::detached>(
        sys, std::move(store));
  return spawn_state<peer_store_state, peer_store_impl>(sys, std::move(store));
}

} // namespace troupe
