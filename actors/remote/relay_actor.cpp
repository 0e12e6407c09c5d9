// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/remote/relay_actor.hpp"

#include <cstdint>
#include <map>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/watch.hpp"

namespace troupe {

namespace {

struct relay_state {
  static inline const char* name = "troupe.relay";

  relay_state(relay_actor::pointer ptr, const caf::actor& whom)
    : self(ptr),
      end(whom),
      end_watch(ptr) {}

  relay_actor::behavior_type make_behavior() {
    self->set_down_handler([this](const caf::down_msg& msg) {
      if (end_watch.is(msg.source))
        quit();
    });
    self->set_exit_handler([this](const caf::exit_msg&) { quit(); });
    end_watch.set(caf::actor_cast<caf::strong_actor_ptr>(end));
    return {
        [this](peer_update& what) { return pass(std::move(what)); },
        [this](node_event& what) { return pass(std::move(what)); },
    };
  }

  template <class T>
  caf::result<void> pass(T what) {
    auto promise = self->make_response_promise<void>();
    unanswered.emplace(++last_number, promise);
    auto answered = [this, number = last_number] {
      if (auto found = unanswered.extract(number))
        found.mapped().deliver();
    };
    // Any answer makes room for more, whatever it is.
    self->request(end, caf::infinite, std::move(what))
        .then([answered] { answered(); },
              [answered](const caf::error&) { answered(); });
    return promise;
  }

  void quit() {
    for (auto& [number, promise] : std::exchange(unanswered, {}))
      promise.deliver();
    self->quit();
  }

  relay_actor::pointer self;
  caf::actor end;
  watch end_watch;
  std::map<uint64_t, caf::typed_response_promise<void>> unanswered;
  uint64_t last_number = 0;
};

} // namespace

relay_actor spawn_relay(caf::actor_system& sys, const caf::actor& end) {
  return spawn_state<relay_state, relay_actor>(sys, end);
}

} // namespace troupe
