// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/resolver_actor.hpp"

#include <map>
#include <utility>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/peer/lookup_queue.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/dns/ares_names.hpp"

namespace troupe {

namespace {

using addresses = std::vector<ip_address>;

/// What the actor tells itself besides: the answer to a lookup.
using resolver_impl = resolver_actor::extend<
    caf::result<void>(caf::resolve_atom, uint64_t, addresses),
    caf::result<void>(caf::resolve_atom, uint64_t, caf::error)>;

struct resolver_state {
  static inline const char* name = "troupe.resolver";

  resolver_state(resolver_impl::pointer ptr,
                 std::unique_ptr<name_service> service)
    : self(ptr),
      names(std::move(service)) {}

  resolver_state(const resolver_state&) = delete;

  resolver_state& operator=(const resolver_state&) = delete;

  /// Askers may outlive us.
  ~resolver_state() {
    for (const auto& [who, what] : askers)
      self->demonitor(who);
  }

  resolver_impl::behavior_type make_behavior() {
    self->set_down_handler(
        [this](const caf::down_msg& msg) { asker_ended(msg.source); });
    return {
        [this](caf::resolve_atom, const std::string& host) {
          return ask(host);
        },
        [this](caf::resolve_atom, uint64_t number, const addresses& found) {
          answer(number, [&found](auto& promise) { promise.deliver(found); });
        },
        [this](caf::resolve_atom, uint64_t number, const caf::error& reason) {
          answer(number, [&reason](auto& promise) { promise.deliver(reason); });
        },
    };
  }

  caf::result<addresses> ask(const std::string& host) {
    if (auto ip = ip_address::parse(host))
      return addresses{*ip};
    auto who = caf::actor_cast<caf::actor_addr>(self->current_sender());
    if (!who)
      return caf::make_error(errc::invalid_state, "nobody to answer to");
    auto i = askers.find(who);
    auto ticket = queue.ask(
        i != askers.end() ? i->second.number : last_asker + 1, host);
    if (!ticket)
      return to_error(ticket.error());
    if (i == askers.end()) {
      i = askers.emplace(who, asker{++last_asker}).first;
      self->monitor(caf::actor_cast<caf::actor>(self->current_sender()));
    }
    ++i->second.questions;
    auto promise = self->make_response_promise<addresses>();
    questions.emplace(*ticket, question{who, promise});
    serve();
    return promise;
  }

  void serve() {
    while (auto next = queue.next())
      names->start(next->number, next->name,
                   [me = self->address(),
                    number = next->number](name_service::answer found) {
                     auto to = caf::actor_cast<resolver_impl>(me);
                     if (!to)
                       return;
                     if (found)
                       caf::anon_send(to, caf::resolve_atom_v, number,
                                      std::move(*found));
                     else
                       caf::anon_send(to, caf::resolve_atom_v, number,
                                      to_error(found.error()));
                   });
  }

  template <class Deliver>
  void answer(uint64_t number, Deliver deliver) {
    for (auto ticket : queue.finish(number)) {
      auto node = questions.extract(ticket);
      deliver(node.mapped().promise);
      auto i = askers.find(node.mapped().who);
      if (--i->second.questions == 0) {
        self->demonitor(i->first);
        askers.erase(i);
      }
    }
    serve();
  }

  void asker_ended(const caf::actor_addr& who) {
    auto i = askers.find(who);
    if (i == askers.end())
      return;
    for (auto number : queue.forget(i->second.number))
      names->cancel(number);
    std::erase_if(questions,
                  [&who](const auto& x) { return x.second.who == who; });
    askers.erase(i);
    serve();
  }

  /// Somebody who waits for answers.
  struct asker {
    lookup_queue::asker number = 0;
    size_t questions = 0;
  };

  struct question {
    caf::actor_addr who;
    caf::typed_response_promise<addresses> promise;
  };

  resolver_impl::pointer self;
  lookup_queue queue;
  // Only looked up in: its order, which is not the seed's, shows nowhere.
  std::map<caf::actor_addr, asker> askers;
  std::map<lookup_queue::ticket, question> questions;
  lookup_queue::asker last_asker = 0;
  /// Last, so that its thread has ended before all else goes.
  std::unique_ptr<name_service> names;
};

} // namespace

resolver_actor spawn_resolver(caf::actor_system& sys) {
  return spawn_resolver(sys, std::make_unique<ares_names>());
}

resolver_actor spawn_resolver(caf::actor_system& sys,
                              std::unique_ptr<name_service> names) {
  return spawn_state<resolver_state, resolver_impl>(sys, std::move(names));
}

} // namespace troupe
