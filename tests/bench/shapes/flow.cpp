// SPDX-License-Identifier: Apache-2.0
#include "flow.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/proto/echo.pb.h"

namespace troupe::shapes {

namespace {

using namespace std::chrono_literals;

using troupe::echo::EchoMessage;
using troupe::echo::PingMessage;

channel_descriptor descriptor_of(channel_id id) {
  return {.id = id,
          .send_queue_messages = 4096,
          .send_queue_bytes = size_t{64} * 1024 * 1024};
}

// -- messages, which say when they were sent ----------------------------------

PingMessage ping_of(size_t size) {
  PingMessage result;
  result.set_content(std::string(std::max(size, sizeof(double)), 'x'));
  return result;
}

void stamp(PingMessage& ping) {
  const auto time = now();
  std::memcpy(ping.mutable_content()->data(), &time, sizeof(time));
}

void write_down(ledger& into, const PingMessage& ping) {
  double sent_at = 0;
  if (ping.content().size() >= sizeof(sent_at))
    std::memcpy(&sent_at, ping.content().data(), sizeof(sent_at));
  into.arrived(ping.content().size(), now() - sent_at);
}

// -- reactors -----------------------------------------------------------------

caf::behavior sink(caf::event_based_actor* self, const node& home,
                   channel_id id, ledger& into,
                   std::chrono::nanoseconds processing,
                   const caf::actor& next) {
  home.open_channel<EchoMessage>(self, descriptor_of(id));
  return {[=, &into](const inbound_envelope& in) -> caf::result<void> {
    if (const auto* ping = in.message.as<PingMessage>())
      write_down(into, *ping);
    if (next)
      self->send(next, caf::tick_atom_v);
    if (processing == 0ns)
      return caf::unit;
    auto done = self->make_response_promise<void>();
    self->run_delayed(processing, [done]() mutable { done.deliver(); });
    return done;
  }};
}

struct source_state {
  static inline const char* name = "source";

  any_channel wire = {};
  node_id peer = {};
  PingMessage ping = {};
  uint64_t left = 0;
  bool broadcast = false;
  bool serially = false;
  bool stopped = false;
};

void send_next(caf::stateful_actor<source_state>* self);

void taken(caf::stateful_actor<source_state>* self) {
  if (!self->state.serially)
    send_next(self);
}

void send_next(caf::stateful_actor<source_state>* self) {
  auto& state = self->state;
  if (state.left == 0)
    return;
  --state.left;
  stamp(state.ping);
  auto on_error = [self](const caf::error& why) {
    if (!self->state.stopped)
      give_up(to_string(why));
  };
  if (state.broadcast)
    state.wire.broadcast(self, state.ping)
        .then([self](const broadcast_report&) { taken(self); }, on_error);
  else
    state.wire.send(self, state.peer, state.ping)
        .then([self] { taken(self); }, on_error);
}

caf::behavior source(caf::stateful_actor<source_state>* self, const node& home,
                     channel_id id, roll_call& peers) {
  self->state.wire = home.open_channel<EchoMessage>(self, descriptor_of(id));
  home.subscribe(self);
  return {
      [self, &peers](const peer_update& update) {
        if (update.status != peer_status::up)
          return;
        self->state.peer = update.peer;
        peers.came();
      },
      [self](uint64_t size, uint64_t in_flight, uint64_t messages,
             bool broadcast, bool serially) {
        auto& state = self->state;
        state.ping = ping_of(size);
        state.left = messages;
        state.broadcast = broadcast;
        state.serially = serially;
        state.stopped = false;
        for (uint64_t i = 0; i < in_flight; ++i)
          send_next(self);
      },
      [self](caf::tick_atom) { send_next(self); },
      [self](caf::close_atom) {
        self->state.left = 0;
        self->state.stopped = true;
      },
      [](const inbound_envelope&) {},
  };
}

caf::behavior echo(caf::event_based_actor* self, const node& home,
                   channel_id id) {
  auto wire = home.open_channel<EchoMessage>(self, descriptor_of(id));
  return {[wire](const inbound_envelope& in) {
    return in.match([&](const PingMessage& ping) { wire.send(in.from, ping); });
  }};
}

struct caller_state {
  static inline const char* name = "caller";

  any_channel wire = {};
  node_id peer = {};
  PingMessage ping = {};
  uint64_t each = 0; // Messages of a tick.
  caf::timespan pause = {};
};

void call(caf::stateful_actor<caller_state>* self) {
  auto& state = self->state;
  if (state.each == 0)
    return;
  for (uint64_t i = 0; i < state.each; ++i) {
    stamp(state.ping);
    state.wire.send(state.peer, state.ping);
  }
  self->delayed_send(self, state.pause, caf::tick_atom_v);
}

caf::behavior caller(caf::stateful_actor<caller_state>* self, const node& home,
                     channel_id id, roll_call& peers, ledger& into) {
  self->state.wire = home.open_channel<EchoMessage>(self, descriptor_of(id));
  home.subscribe(self);
  return {
      [self, &peers](const peer_update& update) {
        if (update.status != peer_status::up)
          return;
        self->state.peer = update.peer;
        peers.came();
      },
      [self](uint64_t size, uint64_t per_second) {
        auto& state = self->state;
        const uint64_t ticks = std::min<uint64_t>(per_second, 1000);
        state.ping = ping_of(size);
        state.each = per_second / ticks;
        state.pause = std::chrono::nanoseconds{1s} / ticks;
        call(self);
      },
      [self](caf::tick_atom) { call(self); },
      [self](caf::close_atom) { self->state.each = 0; },
      [&into](const inbound_envelope& in) {
        if (const auto* ping = in.message.as<PingMessage>())
          write_down(into, *ping);
      },
  };
}

} // namespace

// -- nodes --------------------------------------------------------------------

network::network(caf::actor_system& sys, size_t channels)
  : sys_(sys),
    channels_(channels) {
  spawn({"mconn://127.0.0.1:0"}, {});
}

node network::add() {
  caf::scoped_actor self{sys_};
  std::string address;
  first().endpoints(self).receive(
      [&](const std::vector<endpoint>& where) {
        address = fmt::format("{}@127.0.0.1:{}", to_string(first().id()),
                              where.at(0).port);
      },
      [](const caf::error& why) { give_up(to_string(why)); });
  spawn({}, {address});
  return nodes_.back();
}

void network::spawn(std::vector<std::string> listen,
                    std::vector<std::string> peers) {
  system_entropy random;
  node_options options{.key = node_key::generate(random),
                       .network = "bench",
                       .listen = std::move(listen),
                       .persistent_peers = std::move(peers),
                       .channels_expected = channels_};
  options.stream.send_rate.reset();
  options.stream.recv_rate.reset();
  options.inbound.exempt = {ip_network::of(ip_address::v4(127, 0, 0, 1))};
  nodes_.push_back(spawn_node(sys_, std::move(options)));
}

network::~network() {
  caf::scoped_actor self{sys_};
  for (const auto& each : nodes_)
    each.stop();
  for (const auto& each : nodes_)
    self->wait_for(each.router());
}

// -- what goes between them ---------------------------------------------------

caf::actor spawn_sink(caf::actor_system& sys, const node& home, channel_id id,
                      ledger& into, std::chrono::nanoseconds processing,
                      const caf::actor& next) {
  return sys.spawn([=, &into](caf::event_based_actor* self) {
    return sink(self, home, id, into, processing, next);
  });
}

caf::actor spawn_source(caf::actor_system& sys, const node& home, channel_id id,
                        roll_call& peers) {
  return sys.spawn([=, &peers](caf::stateful_actor<source_state>* self) {
    return source(self, home, id, peers);
  });
}

void start(const caf::actor& source, const flow& what) {
  caf::anon_send(source, uint64_t{what.size}, uint64_t{what.in_flight},
                 what.messages, what.broadcast, what.serially);
}

void stop(const caf::actor& source) {
  caf::anon_send(source, caf::close_atom_v);
}

void spawn_echo(caf::actor_system& sys, const node& home, channel_id id) {
  sys.spawn([=](caf::event_based_actor* self) { return echo(self, home, id); });
}

caf::actor spawn_caller(caf::actor_system& sys, const node& home, channel_id id,
                        roll_call& peers, ledger& into) {
  return sys.spawn([=, &peers, &into](caf::stateful_actor<caller_state>* self) {
    return caller(self, home, id, peers, into);
  });
}

void start_calls(const caf::actor& caller, size_t size, uint64_t per_second) {
  caf::anon_send(caller, uint64_t{size}, per_second);
}

} // namespace troupe::shapes
