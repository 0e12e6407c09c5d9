// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/remote/node_gate_actor.hpp"

#include <cstddef>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/remote/channel_keeper_actor.hpp"
#include "troupe/actors/remote/relay_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/watch.hpp"

namespace troupe {

namespace {

/// Most that wait for one channel until it is known whether its reactor lives,
/// or until it has ended. One of them can have it.
constexpr size_t newcomers_max = 16;

struct node_gate_state {
  static inline const char* name = "troupe.node-gate";

  /// The keeper of a channel, and the channel.
  using opened = std::pair<caf::actor, caf::actor>;

  node_gate_state(node_gate_actor::pointer ptr, const node& where)
    : self(ptr),
      home(where),
      router_watch(ptr) {}

  node_gate_actor::behavior_type make_behavior() {
    self->set_down_handler([this](const caf::down_msg& msg) { down(msg); });
    self->set_exit_handler([this](caf::exit_msg& msg) { stop(msg.reason); });
    router_watch.set(caf::actor_cast<caf::strong_actor_ptr>(home.router()));
    return {
        [this](caf::get_atom) -> caf::result<node_id, caf::actor> {
          return {home.id(), caf::actor_cast<caf::actor>(home.router())};
        },
        [this](open_channel_atom, const remote_channel& what,
               const caf::actor& end) { return open(what, end); },
        [this](caf::subscribe_atom what, const caf::actor& who) {
          return self->delegate(home.router(), what, relay_for(who));
        },
        [this](caf::subscribe_atom what, caf::update_atom of,
               const caf::actor& who) {
          return self->delegate(home.router(), what, of, relay_for(who));
        },
        [this](caf::subscribe_atom what, report_atom of,
               const caf::actor& who) {
          return self->delegate(home.router(), what, of, relay_for(who));
        },
        [this](caf::unsubscribe_atom what, caf::update_atom of,
               const caf::actor& who) {
          return self->delegate(home.router(), what, of, relay_for(who));
        },
    };
  }

  // -- channels ---------------------------------------------------------------

  caf::result<caf::actor, caf::actor> open(const remote_channel& what,
                                           const caf::actor& end) {
    if (auto bad = wire_answers::check(what.answers); bad.code != errc::none)
      return to_error(bad);
    auto i = keepers.find(what.descriptor.id);
    auto old = i == keepers.end()
                   ? channel_keeper_actor{}
                   : caf::actor_cast<channel_keeper_actor>(i->second);
    if (!old) {
      auto [keeper, channel] = open_anew(what, end);
      return {std::move(keeper), std::move(channel)};
    }
    auto& already = waiting[what.descriptor.id];
    if (already >= newcomers_max)
      return caf::make_error(
          errc::queue_full,
          fmt::format("{} reactors wait for channel {} to be free, as many as "
                      "may",
                      already, display_name(what.descriptor)));
    ++already;
    auto promise = self->make_response_promise<caf::actor, caf::actor>();
    self->request(old, caf::infinite, attach_atom_v, what, end)
        .then(
            [this, promise, id = what.descriptor.id](
                const caf::actor& keeper, const caf::actor& channel) mutable {
              waits_no_more(id);
              promise.deliver(keeper, channel);
            },
            [this, promise, what, end,
             of = old.address()](const caf::error& reason) mutable {
              if (code_of(reason, errc::none) == errc::duplicate_channel) {
                waits_no_more(what.descriptor.id);
                promise.deliver(reason);
              } else {
                open_behind(of, {promise, what, end});
              }
            });
    return promise;
  }

  void waits_no_more(channel_id id) {
    if (auto i = waiting.find(id); --i->second == 0)
      waiting.erase(i);
  }

  /// Who wants to open a channel whose keeper is about to end.
  struct newcomer {
    caf::typed_response_promise<caf::actor, caf::actor> promise;
    remote_channel what;
    caf::actor end;
  };

  /// Until the old keeper has ended, its channel counts as one with a reactor.
  void open_behind(const caf::actor_addr& old, newcomer who) {
    auto i = keepers.find(who.what.descriptor.id);
    if (i != keepers.end() && i->second == old)
      newcomers.emplace(old, std::move(who));
    else
      welcome(std::move(who));
  }

  void welcome(newcomer who) {
    waits_no_more(who.what.descriptor.id);
    if (keepers.count(who.what.descriptor.id) > 0) {
      who.promise.deliver(caf::make_error(errc::duplicate_channel,
                                          display_name(who.what.descriptor)));
      return;
    }
    auto [keeper, channel] = open_anew(who.what, who.end);
    who.promise.deliver(std::move(keeper), std::move(channel));
  }

  opened open_anew(const remote_channel& what, const caf::actor& end) {
    auto [keeper, channel] = spawn_kept_channel(
        self->system(), caf::actor_cast<caf::actor>(home.router()), what, end,
        home.counters(), home.queue_type());
    self->monitor(keeper);
    keepers[what.descriptor.id] = keeper.address();
    return {caf::actor_cast<caf::actor>(keeper),
            caf::actor_cast<caf::actor>(channel)};
  }

  // -- updates and events -----------------------------------------------------

  /// Stands for a subscriber at the router, for all that it subscribes to.
  caf::actor relay_for(const caf::actor& who) {
    if (auto i = relays.find(who.address()); i != relays.end())
      if (auto known = caf::actor_cast<caf::actor>(i->second))
        return known;
    auto made = caf::actor_cast<caf::actor>(spawn_relay(self->system(), who));
    self->monitor(made);
    relays[who.address()] = made.address();
    return made;
  }

  // -- the end ----------------------------------------------------------------

  void down(const caf::down_msg& msg) {
    if (router_watch.is(msg.source)) {
      stop(msg.reason);
      return;
    }
    auto is_it = [&msg](const auto& x) { return x.second == msg.source; };
    std::erase_if(relays, is_it);
    std::erase_if(keepers, is_it);
    while (auto next = newcomers.extract(msg.source))
      welcome(std::move(next.mapped()));
  }

  void stop(const caf::error& reason) {
    for (const auto& [id, keeper] : keepers)
      end(keeper, reason);
    for (const auto& [who, relay] : relays)
      end(relay, reason);
    self->quit(reason);
  }

  void end(const caf::actor_addr& who, const caf::error& reason) {
    self->demonitor(who);
    if (auto to = caf::actor_cast<caf::actor>(who))
      self->send_exit(to, reason);
  }

  node_gate_actor::pointer self;
  node home;
  watch router_watch;
  std::map<channel_id, caf::actor_addr> keepers;
  std::multimap<caf::actor_addr, newcomer> newcomers; // By the old keeper.
  std::map<channel_id, size_t> waiting; // Newcomers, there or at the keeper.
  std::map<caf::actor_addr, caf::actor_addr> relays; // By whom they are for.
};

} // namespace

node_gate_actor spawn_node_gate(caf::actor_system& sys, const node& home) {
  return spawn_state<node_gate_state, node_gate_actor>(sys, home);
}

} // namespace troupe
