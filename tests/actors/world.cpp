// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <caf/abstract_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include "troupe/actors/log.hpp"
#include "troupe/messages/wrapper.hpp"
#include "troupe/transport/memory_connection_actor.hpp"

namespace troupe::test {

namespace {

/// More steps than any test takes: somebody runs in circles.
constexpr size_t steps_max = 5'000'000;
constexpr size_t alarms_max = 100'000;

/// Random numbers that are a function of the seed.
class test_entropy final : public entropy {
public:
  explicit test_entropy(uint64_t seed) : generator_(seed) {}

  void fill(byte_span out) override {
    for (auto& x : out)
      x = static_cast<std::byte>(generator_() & 0xff);
  }

private:
  std::mt19937_64 generator_;
};

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
          cost += message_cost(message.body.size());
          state->got.push_back(message);
        }
        auto to = caf::actor_cast<caf::actor>(state->connection);
        if (state->reads && to)
          self->send(to, written_atom_v, cost);
      },
      [](written_atom, size_t) {},
  };
}

std::string content_of(const inbound_envelope& in) {
  if (auto x = in.message.as<echo::PingMessage>())
    return x->content();
  if (auto x = in.message.as<echo::PongMessage>())
    return x->content();
  return in.message.type_name();
}

} // namespace

// -- recorder -----------------------------------------------------------------

std::string recorder::text() const {
  std::string result;
  for (const auto& in : got)
    result += (result.empty() ? "" : " ") + content_of(in);
  return result;
}

std::string recorder::signs() const {
  std::string result;
  for (const auto& update : updates)
    result += update.status == peer_status::up ? '+' : '-';
  return result;
}

bool recorder::sees(const node_id& peer) const {
  auto status = peer_status::down;
  for (const auto& update : updates)
    if (update.peer == peer)
      status = update.status;
  return status == peer_status::up;
}

peer_update recorder::last(const node_id& peer) const {
  auto is_about = [&peer](const auto& x) { return x.peer == peer; };
  auto i = std::find_if(updates.rbegin(), updates.rend(), is_about);
  REQUIRE(i != updates.rend());
  return *i;
}

std::vector<errc> recorder::codes(node_event::kind what) const {
  std::vector<errc> result;
  for (const auto& event : events)
    if (event.what == what)
      result.push_back(event.code);
  return result;
}

void recorder::say(const node_id& to, std::string_view text) const {
  wire.send(to, ping(text));
}

void recorder::shout(std::string_view text) const {
  wire.broadcast(ping(text));
}

// -- puppet -------------------------------------------------------------------

void puppet::greet(const node_id& proven, const node_info& with) const {
  if (auto to = caf::actor_cast<caf::actor>(connection))
    caf::anon_send(to, handshake_atom_v, proven, with);
}

void puppet::send(channel_id channel, bytes body) const {
  if (auto to = caf::actor_cast<caf::actor>(connection))
    caf::anon_send(to, received_atom_v,
                   inbound_batch{{channel, std::move(body)}});
}

void puppet::hang_up() const {
  if (auto self = caf::actor_cast<caf::actor>(address))
    caf::anon_send_exit(self, caf::exit_reason::user_shutdown);
}

// -- world: life --------------------------------------------------------------

world::config::config() {
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::core::init_global_meta_objects();
  log().set_level(spdlog::level::off);
  set("caf.scheduler.policy", "testing");
}

world::world(uint64_t seed)
  : config_(std::make_unique<config>()),
    sys_(std::make_unique<caf::actor_system>(*config_)),
    random_(seed),
    shuffle_(seed != 0),
    network_(std::make_shared<memory_network>()) {
  sys_->await_actors_before_shutdown(false);
  scheduler_
      = dynamic_cast<caf::scheduler::test_coordinator*>(&sys_->scheduler());
  REQUIRE(scheduler_ != nullptr);
}

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
  CHECK(sys_->registry().running() == 0);
  // The clock keeps who waited for an answer until its time is up.
  advance(1min);
  for (const auto& [id, who] : residents_) {
    CAPTURE(who.name);
    CHECK_FALSE(caf::actor_cast<caf::strong_actor_ptr>(who.address));
  }
}

// -- world: time --------------------------------------------------------------

void world::note(caf::resumable* job) {
  if (auto ptr = dynamic_cast<caf::local_actor*>(job))
    residents_.try_emplace(ptr->id(), resident{ptr->address(), ptr->name()});
}

void world::note_jobs() {
  for (auto job : scheduler_->jobs)
    note(job);
}

void world::run_one() {
  auto& jobs = scheduler_->jobs;
  if (shuffle_)
    std::swap(jobs.front(), jobs[random_() % jobs.size()]);
  note(jobs.front());
  scheduler_->run_once();
}

void world::settle() {
  size_t steps = 0;
  while (scheduler_->has_job()) {
    if (++steps > steps_max)
      FAIL("somebody runs in circles");
    run_one();
  }
}

void world::step(size_t count) {
  while (count-- > 0 && scheduler_->has_job())
    run_one();
}

void world::advance(duration span) {
  auto& clock = scheduler_->clock();
  const auto end = clock.now() + span;
  settle();
  size_t alarms = 0;
  while (!clock.schedule.empty() && clock.schedule.begin()->first <= end) {
    if (++alarms > alarms_max)
      FAIL("somebody sets alarms in circles");
    auto wait = clock.schedule.begin()->first - clock.now();
    clock.advance_time(std::max(duration{wait}, duration::zero()));
    settle();
  }
  clock.advance_time(end - clock.now());
}

time_point world::now() {
  return scheduler_->clock().now();
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
  result.random = std::make_shared<test_entropy>(random_());
  return result;
}

node world::spawn(node_options options) {
  auto result = spawn_node(*sys_, std::move(options));
  nodes_.push_back(result.router().address());
  return result;
}

recorder_ptr
world::spawn_recorder(const node& where,
                      std::function<channel(caf::event_based_actor*)> opener) {
  auto state = std::make_shared<recorder>();
  auto behave = [=](caf::event_based_actor* self) -> caf::behavior {
    state->self = self;
    self->attach_functor([state](const caf::error& reason) {
      state->self = nullptr;
      state->held.clear();
      state->ended = reason;
    });
    state->wire = opener(self);
    where.subscribe(self);
    where.observe(self);
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
  auto [near, far] = spawn_memory_connection(*sys_, as, where.id());
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
          if (state->with == decoy::mood::ignore)
            return ignored->emplace_back(self->make_response_promise<void>());
          // The dialer's end was spawned right before ours.
          note_jobs();
          auto near = residents_.at(far.id() - 1).address;
          guard(far);
          state->dials.push_back(
              spawn_puppet(caf::actor_cast<caf::actor>(near)));
          return caf::unit;
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
  auto channel = from.wire.actor();
  REQUIRE(channel);
  return ask(channel, send_atom_v, from.wire.to(to, message))->code();
}

void world::release(const recorder& who, size_t count) {
  REQUIRE(who.self != nullptr);
  caf::anon_send(caf::actor_cast<caf::actor>(who.self), caf::tick_atom_v,
                 count);
  settle();
}

size_t world::running(std::string_view name) {
  note_jobs();
  size_t result = 0;
  for (const auto& [id, who] : residents_)
    if (auto ptr = caf::actor_cast<caf::strong_actor_ptr>(who.address);
        ptr && who.name == name
        && !ptr->get()->getf(caf::abstract_actor::is_terminated_flag))
      ++result;
  return result;
}

int64_t world::dropped(channel_id channel, direction way,
                       std::string_view reason) {
  auto id = fmt::format("{:#04x}", channel);
  auto side = std::string{way == direction::inbound ? "in" : "out"};
  return sys_->metrics()
      .counter_family("p2p", "queue_dropped_msgs",
                      {"ch_id", "direction", "reason"},
                      "Messages that were shed.", "1", true)
      ->get_or_add(
          {{"ch_id", id}, {"direction", side}, {"reason", std::string{reason}}})
      ->value();
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

// -- messages -----------------------------------------------------------------

echo::PingMessage ping(std::string_view text) {
  echo::PingMessage result;
  result.set_content(std::string{text});
  return result;
}

echo::PongMessage pong(std::string_view text) {
  echo::PongMessage result;
  result.set_content(std::string{text});
  return result;
}

bytes from_text(std::string_view text) {
  auto raw = std::as_bytes(std::span{text});
  return {raw.begin(), raw.end()};
}

bytes wire_ping(std::string_view text) {
  return **wrapper{echo::EchoMessage::default_instance()}.marshal(ping(text));
}

} // namespace troupe::test
