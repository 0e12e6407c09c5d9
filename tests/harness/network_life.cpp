// SPDX-License-Identifier: Apache-2.0

// How the nodes of a network start and end, and what is seen of them meanwhile.

#include <memory>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/actors/node/added_transport.hpp"
#include "troupe/tests/harness/network_resident.hpp"
#include "troupe/tests/harness/peer_manager_view.hpp"
#include "troupe/tests/harness/quic/sim_quic_transport_actor.hpp"
#include "troupe/tests/harness/run_record.hpp"
#include "troupe/tests/harness/sim_resolver_actor.hpp"
#include "troupe/tests/harness/sim_transport_actor.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe::testing {

namespace {

struct observer_state {
  static inline const char* name = "troupe.testing.observer";
};

/// Addresses of one host that are dialed one after the other, at most.
constexpr int addresses_max = 8;

dial_rules rules_of(const node_options& options) {
  return {.retry = options.retry,
          .max_dials = options.max_dials,
          .dial_timeout = options.dial_timeout,
          .longest_dial
          = options.resolve_timeout + addresses_max * options.dial_timeout
            + options.handshake_timeout + std::chrono::seconds{1}};
}

/// What a peer update says about which node.
std::string describe(const network& net, const peer_update& update) {
  const auto who = net.knows(update.peer)
                       ? fmt::format("node-{}", net.number_of(update.peer))
                       : to_string(update.peer);
  return update.status == peer_status::up
             ? who
             : fmt::format("{}: {}", who, to_string(update.reason));
}

/// The host's transport over datagrams, in place of the one of QUIC.
added_transport quic_transport_of(const std::shared_ptr<sim_network>& wires,
                                  sim_host host, const node_options& options) {
  // As a node of its own would have it: those that it knows may speak libp2p's
  // protocol as well.
  std::set<node_id> named;
  for (const auto& address : options.persistent_peers)
    if (const auto known = node_address::parse(address))
      named.insert(known->id);
  std::shared_ptr<const wall_clock> clock = options.clock;
  auto make = [=](caf::actor_system& sys,
                  const added_transport::node_part& shared) {
    return spawn_sim_quic_transport(sys, wires, host, shared, clock, named);
  };
  return {.protocols = {to_string(fidelity::quic)},
          .make = make,
          .replaces_built_in = true};
}

/// The host's transport, in place of the one over TCP.
added_transport transport_of(const std::shared_ptr<sim_network>& wires,
                             sim_host host, fidelity how) {
  auto make
      = [=](caf::actor_system& sys, const added_transport::node_part& shared) {
          if (how == fidelity::messages)
            return spawn_sim_message_transport(
                sys, wires, host, shared->key.id(),
                {shared->max_accepted, shared->limits, shared->lists},
                shared->on_refused, {shared->stream.receive, shared->budget});
          return spawn_sim_transport(sys, wires, host, shared);
        };
  return {.protocols = {std::string{mconn_protocol}, std::string{tcp_protocol}},
          .make = make,
          .replaces_built_in = true};
}

} // namespace

// -- starting -----------------------------------------------------------------

void network::start(size_t number) {
  auto& who = at(number);
  if (who.running) {
    who.start_again = who.stopping;
    return;
  }
  if (!wires_->is_up(who.host))
    wires_->restart(who.host, now());
  system_.trace().note(now(), fmt::format("start node-{}", number));
  ++who.life;
  who.running = true;
  who.peers = {};
  who.limited = 0;
  who.events.clear();
  who.dials = dial_watch{rules_of(who.options)};
  auto options = who.options;
  options.random = std::make_shared<sim_random>(system_.random().split());
  options.store = who.disk->open();
  options.resolver = [wires = wires_, host = who.host](caf::actor_system& sys) {
    return spawn_sim_resolver(sys, wires, host);
  };
  options.transports = {transport_of(wires_, who.host, options_.how)};
  if (options_.how == fidelity::quic)
    options.transports.push_back(
        quic_transport_of(wires_, who.host, who.options));
  options.watch_peers
      = [this, number, life = who.life](const peer_manager& core) {
          watch(number, life, core);
        };
  system_.as(static_cast<sim_party>(number), [&] {
    who.handle = spawn_node(system_.sys(), std::move(options));
    spawn_observer(number);
    for (const auto& make : reactors_)
      make(system_.sys(), who.handle, number);
  });
}

void network::start() {
  for (size_t i = 0; i < nodes_.size(); ++i)
    start(i);
}

void network::spawn_observer(size_t number) {
  auto& who = at(number);
  auto life = who.life;
  auto behave
      = [this, number, life, home = who.handle](
            caf::stateful_actor<observer_state>* self) -> caf::behavior {
    home.subscribe(self);
    home.observe(self);
    self->monitor(home.router());
    self->set_down_handler(
        [this, self, number, life](const caf::down_msg& msg) {
          router_ended(number, life, msg.reason);
          self->quit();
        });
    return {
        [this, number, life](const peer_update& update) {
          observe(number, life, update);
        },
        [this, number, life](const node_event& event) {
          observe(number, life, event);
        },
    };
  };
  // Nobody else holds it once the node has ended, and it has to hear of that.
  who.observer = caf::actor_cast<caf::actor>(system_.sys().spawn(behave));
}

void network::observe(size_t number, uint64_t life, const peer_update& update) {
  auto& who = at(number);
  // What a node still tells while it is being killed is not heard any more.
  if (who.life != life || !who.running)
    return;
  if (record_)
    record_->linked(now(), number, update.status == peer_status::up,
                    describe(*this, update));
  if (auto wrong = who.peers.apply(update))
    system_.report(fmt::format("node-{}: {}", number, *wrong));
  else if (update.reason == errc::invalid_state)
    system_.report(fmt::format("node-{} lost {} for a mistake of its own: one "
                               "part of the connection was not ready for "
                               "another",
                               number, to_string(update.peer)));
  else if (who.neighbours.count(update.peer) != 0)
    count_neighbours(who, update.status == peer_status::up ? 1 : -1);
}

void network::observe(size_t number, uint64_t life, const node_event& event) {
  auto& who = at(number);
  if (who.life != life || !who.running)
    return;
  who.events.push_back(event);
  if (event.what != node_event::kind::dial_failed)
    return;
  if (auto wrong = who.dials.failed(event.peer, event.code, now()))
    system_.report(fmt::format("node-{}: {}", number, *wrong));
}

void network::watch(size_t number, uint64_t life, const peer_manager& core) {
  auto& who = at(number);
  const auto view = view_of(core);
  auto wrong = check_invariants(view, who.limited);
  who.limited = count_limited(view);
  // A node that stops leaves its dials where they are.
  if (!wrong && who.life == life && who.running && !who.stopping)
    wrong = who.dials.worked(view, core.next_wakeup(), now());
  if (wrong)
    system_.report(fmt::format("node-{}: {}", number, *wrong));
}

void network::dialing(sim_host from, sim_host to) {
  auto who = by_host_.find(from);
  auto whom = by_host_.find(to);
  if (who == by_host_.end() || whom == by_host_.end())
    return;
  at(who->second).dials.requested(id(whom->second), now());
}

/// A node that ends without being told to has a reason to.
void network::router_ended(size_t number, uint64_t life,
                           const caf::error& reason) {
  auto& who = at(number);
  if (who.life != life || !who.running)
    return;
  if (!who.stopping || reason != caf::exit_reason::user_shutdown)
    system_.report(fmt::format("node-{} ended: {}", number, to_string(reason)));
  // Outside of the actor that brings the news.
  if (who.start_again)
    system_.at(now(), [this, number] { start(number); });
  end_life(who);
}

void network::end_life(resident& who) {
  who.running = false;
  who.stopping = false;
  who.start_again = false;
  who.handle = {};
  who.observer = {};
  who.peers = {};
  who.limited = 0;
  count_neighbours(who, -static_cast<ptrdiff_t>(who.neighbours_up));
}

void network::stop(size_t number) {
  auto& who = at(number);
  if (!who.running)
    return;
  system_.trace().note(now(), fmt::format("stop node-{}", number));
  who.stopping = true;
  who.start_again = false;
  who.handle.stop();
}

void network::crash(size_t number) {
  auto& who = at(number);
  if (!who.running)
    return;
  system_.trace().note(now(), fmt::format("crash node-{}", number));
  end_life(who);
  wires_->crash(who.host, now());
  who.disk->crash();
  system_.kill(static_cast<sim_party>(number));
}

} // namespace troupe::testing
