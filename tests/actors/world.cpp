// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include <caf/abstract_actor.hpp>
#include <caf/actor_registry.hpp>
#include <caf/send.hpp>

#include "troupe/tests/actors/counted.hpp"
#include "troupe/transport/memory/memory_connection_actor.hpp"

namespace troupe::test {

namespace {

uint64_t seed_from_environment() {
  auto text = std::getenv("TROUPE_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

/// Runs on a puppet's side of the line: what two memory connections say to each
/// other.
caf::behavior puppet_behavior(caf::event_based_actor* self,
                              const puppet_ptr& state,
                              const caf::actor& connection) {
  state->connection = connection.address();
  state->address = self->address();
  connection->attach_functor(
      [state](const caf::error& reason) { state->closed = reason; });
  return {
      [state](handshake_atom, const node_id&, const node_info& info) {
        state->info = info;
      },
      [self, state](received_atom, const inbound_batch& batch) {
        size_t cost = 0;
        for (const auto& message : batch) {
          cost += read_cost(message.body.size());
          state->got.push_back(message);
        }
        auto to = caf::actor_cast<caf::actor>(state->connection);
        if (state->reads && to)
          self->send(to, written_atom_v, cost);
      },
      [](written_atom, size_t) {},
  };
}

} // namespace

// -- world: life --------------------------------------------------------------

world::world(uint64_t seed)
  : system_(seed != 0 ? seed : seed_from_environment()),
    network_(std::make_shared<memory_network>()) {}

world::~world() {
  if (std::uncaught_exceptions() == 0) {
    stop_all();
    check_nothing_left();
    return;
  }
  // After a failed test, what is left says nothing; but CAF waits for it.
  try {
    stop_all();
  } catch (...) {
  }
}

void world::stop_all() {
  for (const auto& address : nodes_)
    if (auto router = caf::actor_cast<caf::actor>(address))
      caf::anon_send_exit(router, caf::exit_reason::user_shutdown);
  settle();
  for (const auto& guest : guests_)
    caf::anon_send_exit(guest, caf::exit_reason::user_shutdown);
  settle();
  guests_.clear();
}

void world::check_nothing_left() {
  CHECK(sys().registry().running() == 0);
  // The clock keeps who waited for an answer until its time is up.
  advance(1min);
  CHECK(system_.leftovers() == std::vector<std::string>{});
}

void world::step(size_t count) {
  while (count-- > 0 && system_.step_now())
    ;
}

// -- world: nodes -------------------------------------------------------------

node_key world::key(uint8_t number) {
  std::array<std::byte, 32> seed{};
  seed.fill(static_cast<std::byte>(number));
  return node_key::from_seed(seed);
}

std::string world::address(uint8_t number) {
  return "memory:" + to_string(id(number));
}

node_options world::options(uint8_t number, std::vector<uint8_t> peers) {
  node_options result{.key = key(number),
                      .network = "test",
                      .moniker = "node-" + std::to_string(number),
                      .memory = network_};
  for (auto peer : peers)
    result.persistent_peers.push_back(address(peer));
  result.retry.retry_time_jitter = 0s;
  result.random
      = std::make_shared<testing::sim_random>(system_.random().fork());
  return result;
}

node world::spawn(node_options options) {
  auto result = spawn_node(sys(), std::move(options));
  nodes_.push_back(result.router().address());
  return result;
}

recorder_ptr world::spawn_recorder(
    const node& where,
    std::function<any_channel(caf::event_based_actor*)> opener) {
  auto state = std::make_shared<recorder>();
  auto behave = [=](caf::event_based_actor* self) -> caf::behavior {
    state->self = self;
    self->attach_functor([state](const caf::error& reason) {
      state->self = nullptr;
      state->held.clear();
      state->ended = reason;
    });
    // A node runs once its channels are open: by then we see what it does.
    where.subscribe(self);
    where.observe(self);
    state->wire = opener(self);
    return {
        [state, self](const inbound_envelope& in) -> caf::result<void> {
          state->got.push_back(in);
          if (!state->patient)
            return state->on_message(in);
          state->held.push_back(self->make_response_promise<void>());
          return state->held.back();
        },
        [state](caf::tick_atom, size_t count) {
          auto& held = state->held;
          auto end = held.begin()
                     + static_cast<ptrdiff_t>(std::min(count, held.size()));
          for (auto i = held.begin(); i != end; ++i)
            i->deliver();
          held.erase(held.begin(), end);
        },
        [state](const peer_update& update) {
          state->updates.push_back(update);
          state->on_update(update);
        },
        [state](const node_event& event) { state->events.push_back(event); },
    };
  };
  spawn_guest(behave);
  settle();
  return state;
}

std::pair<node, recorder_ptr> world::echo_node(node_options options) {
  auto where = spawn(std::move(options));
  auto state = open(where);
  state->on_message = [raw = state.get()](const inbound_envelope& in) {
    return in.match(
        [&](const echo::PingMessage& x) {
          raw->wire.send(in.from, pong(x.content()));
        },
        [](const echo::PongMessage&) {});
  };
  return {where, state};
}

// -- world: remotes -----------------------------------------------------------

node_info world::info(uint8_t number, std::vector<channel_id> channels) {
  return make_node_info(options(number), std::nullopt, std::move(channels));
}

puppet_ptr world::spawn_puppet(const caf::actor& connection) {
  auto state = std::make_shared<puppet>();
  auto handle = spawn_guest(puppet_behavior, state, connection);
  caf::anon_send(connection, attach_atom_v, handle);
  return state;
}

puppet_ptr world::knock(const node& where, const node_id& as) {
  auto transport = caf::actor_cast<caf::actor>(network_->find(where.id()));
  REQUIRE(transport);
  auto [near, far] = spawn_memory_connection(sys(), as, where.id(), {},
                                             network_->options_of(where.id()));
  auto connection = caf::actor_cast<caf::actor>(far);
  auto result = spawn_puppet(connection);
  settle();
  caf::anon_send_exit(near, caf::exit_reason::user_shutdown);
  caf::anon_send(transport, attach_atom_v, connection);
  settle();
  return result;
}

puppet_ptr world::join(const node& where, uint8_t number,
                       std::vector<channel_id> channels) {
  auto result = knock(where, id(number));
  result->greet(id(number), info(number, std::move(channels)));
  settle();
  return result;
}

/// The dialer spawned its end before `far`, and others theirs meanwhile: it is
/// the last of those before `far` that sees the same line from the other side.
void world::find_near_end(caf::event_based_actor* self, const caf::actor& far,
                          std::function<void(const caf::actor&)> found) {
  auto older = system_.find_all("troupe.memory-connection");
  std::erase_if(older, [&far](const auto& x) { return x->id() >= far.id(); });
  self->request(far, caf::infinite, caf::get_atom_v)
      .then([=, this](const connection_ends& ends) {
        find_end(self, older, {ends.remote, ends.local}, found);
      });
}

void world::find_end(caf::event_based_actor* self,
                     std::vector<caf::strong_actor_ptr> among,
                     const connection_ends& wanted,
                     std::function<void(const caf::actor&)> found) {
  REQUIRE_FALSE(among.empty());
  auto last = caf::actor_cast<caf::actor>(among.back());
  among.pop_back();
  self->request(last, caf::infinite, caf::get_atom_v)
      .then(
          [=, this](const connection_ends& ends) {
            if (ends.local == wanted.local && ends.remote == wanted.remote)
              found(last);
            else
              find_end(self, among, wanted, found);
          },
          [=, this](const caf::error&) {
            find_end(self, among, wanted, found);
          });
}

decoy_ptr world::stand_in(const node_id& who) {
  auto state = std::make_shared<decoy>();
  auto behave = [=, this](caf::event_based_actor* self) -> caf::behavior {
    auto ignored
        = std::make_shared<std::vector<caf::typed_response_promise<void>>>();
    return {
        [=, this](attach_atom, const caf::actor& far) -> caf::result<void> {
          ++state->attempts;
          if (state->with == decoy::mood::refuse)
            return caf::make_error(errc::connection_refused);
          auto promise = self->make_response_promise<void>();
          if (state->with == decoy::mood::ignore)
            return ignored->emplace_back(promise);
          guard(far);
          find_near_end(self, far, [=, this](const caf::actor& near) mutable {
            state->dials.push_back(spawn_puppet(near));
            promise.deliver();
          });
          return promise;
        },
    };
  };
  auto handle = spawn_guest(behave);
  REQUIRE(network_->add(who, handle.address()));
  settle();
  return state;
}

// -- world: questions ---------------------------------------------------------

errc world::deliver(const recorder& from, const node_id& to,
                    const google::protobuf::Message& message) {
  REQUIRE(from.wire.actor());
  return ask_with([wire = from.wire, to, content = payload::copy_of(message)](
                      caf::event_based_actor* self) {
           return wire.send(self, to, *content);
         })
      ->code();
}

void world::release(const recorder& who, size_t count) {
  REQUIRE(who.self != nullptr);
  caf::anon_send(caf::actor_cast<caf::actor>(who.self), caf::tick_atom_v,
                 count);
  settle();
}

int64_t world::dropped(channel_id channel, direction way,
                       std::string_view reason) {
  return counted(sys(), "queue_dropped_msgs",
                 {{"channel", fmt::format("{:#04x}", channel)},
                  {"direction", way == direction::inbound ? "in" : "out"},
                  {"reason", std::string{reason}}});
}

std::shared_ptr<std::optional<caf::error>>
world::watch_end(const caf::actor& who) {
  auto result = std::make_shared<std::optional<caf::error>>();
  who->attach_functor([result](const caf::error& e) { *result = e; });
  return result;
}

void end_actor(const caf::actor& who, const caf::error& reason) {
  caf::anon_send(who, caf::exit_msg{who.address(), reason});
}

} // namespace troupe::test
