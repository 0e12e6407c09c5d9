// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/tests/actors/cast.hpp"
#include "troupe/tests/harness/sim_system.hpp"
#include "troupe/transport/memory/memory_network.hpp"

namespace troupe::test {

using namespace std::chrono_literals;

/// What became of a request.
template <class T>
struct answer {
  std::optional<T> value;
  std::optional<caf::error> error;

  [[nodiscard]] errc code() const {
    return error ? code_of(*error, errc::none) : errc::none;
  }
};

/// Nodes in one process, on one thread, in virtual time: a run is a function
/// of the seed. When a world ends, it stops all that runs in it, and checks
/// that nothing of it is left.
class world {
public:
  /// Channel of the echo messages.
  static constexpr channel_id echo_channel = 0x70;

  /// One more.
  static constexpr channel_id other_channel = 0x71;

  /// Runs actors in an order that is drawn from the seed. If that is 0, the
  /// seed comes from the environment variable TROUPE_SEED, and is 1 without it.
  explicit world(uint64_t seed = 0);

  world(const world&) = delete;

  world& operator=(const world&) = delete;

  ~world();

  /// Ends all that the test started. A fixture whose actors refer to its
  /// members calls it in its destructor.
  void stop_all();

  caf::actor_system& sys() {
    return system_.sys();
  }

  // -- time -------------------------------------------------------------------

  /// Runs until nobody has anything to do at this time.
  void settle() {
    system_.settle();
  }

  /// Runs `count` steps at most, all of them at this time.
  void step(size_t count);

  /// Lets time pass.
  void advance(duration span) {
    system_.advance(span);
  }

  [[nodiscard]] time_point now() const {
    return system_.now();
  }

  // -- nodes ------------------------------------------------------------------

  static node_key key(uint8_t number);

  static node_id id(uint8_t number) {
    return key(number).id();
  }

  /// Options without jitter for the node `number`, which dials `peers`.
  node_options options(uint8_t number, std::vector<uint8_t> peers = {});

  static std::string address(uint8_t number);

  node spawn(node_options options);

  /// Opens a channel, and subscribes to everything.
  template <class T = echo::EchoMessage>
  recorder_ptr open(const node& where,
                    channel_descriptor what = {.id = echo_channel}) {
    return spawn_recorder(where, [where, what](caf::event_based_actor* self) {
      return where.open_channel<T>(self, what);
    });
  }

  /// Subscribes to everything without opening a channel.
  recorder_ptr watch(const node& where) {
    return spawn_recorder(
        where, [](caf::event_based_actor*) { return any_channel{}; });
  }

  /// Spawns a node that echoes, and opens its channel.
  std::pair<node, recorder_ptr> echo_node(node_options options);

  // -- remotes ----------------------------------------------------------------

  /// Node info of the node `number` that fits `options`.
  node_info info(uint8_t number,
                 std::vector<channel_id> channels = {echo_channel});

  /// Connects to a node without saying anything.
  puppet_ptr knock(const node& where, const node_id& as);

  /// Connects to a node, as the node `number`.
  puppet_ptr join(const node& where, uint8_t number,
                  std::vector<channel_id> channels = {echo_channel});

  /// Stands in for a node when it is dialed.
  decoy_ptr stand_in(const node_id& who);

  // -- questions --------------------------------------------------------------

  /// Sends a request and runs until nobody has anything to do.
  template <class T = caf::unit_t, class Handle, class... Ts>
  std::shared_ptr<answer<T>> ask(const Handle& to, Ts... xs) {
    return ask_with<T>([=](caf::event_based_actor* self) {
      return self->request(to, caf::infinite, xs...);
    });
  }

  /// The same for what a function asks, which gets an actor and returns what
  /// `request` does.
  template <class T = caf::unit_t, class Question>
  std::shared_ptr<answer<T>> ask_with(Question question) {
    auto result = std::make_shared<answer<T>>();
    sys().spawn([=](caf::event_based_actor* self) {
      auto failed = [result](const caf::error& e) { result->error = e; };
      if constexpr (std::is_same_v<T, caf::unit_t>)
        question(self).then([result] { result->value = caf::unit; }, failed);
      else
        question(self).then([result](const T& x) { result->value = x; },
                            failed);
    });
    settle();
    return result;
  }

  /// Sends through a channel and returns what the sender learns.
  errc deliver(const recorder& from, const node_id& to,
               const google::protobuf::Message& message);

  /// Lets a patient reactor be done with its `count` oldest messages.
  void release(const recorder& who, size_t count = SIZE_MAX);

  /// Number of actors that run under that name.
  size_t running(std::string_view name) {
    return system_.running(name);
  }

  /// An actor that runs under that name, null if there is none.
  caf::actor find(std::string_view name) {
    return caf::actor_cast<caf::actor>(system_.find(name));
  }

  /// Names of the actors that have ended and still take up memory.
  std::vector<std::string> remains() {
    return system_.remains();
  }

  /// Value of the counter of messages that were shed.
  int64_t dropped(channel_id channel, direction way, std::string_view reason);

  /// Spawns an actor that ends with the world.
  template <class... Ts>
  caf::actor spawn_guest(Ts&&... xs) {
    return guard(
        caf::actor_cast<caf::actor>(sys().spawn(std::forward<Ts>(xs)...)));
  }

  /// Ends an actor that was not spawned through the world with it.
  template <class Handle>
  Handle guard(Handle who) {
    guests_.push_back(caf::actor_cast<caf::actor>(who));
    return who;
  }

  /// The transport of a node.
  caf::actor transport_of(const node& where) {
    return caf::actor_cast<caf::actor>(network_->find(where.id()));
  }

  /// Why an actor ended.
  std::shared_ptr<std::optional<caf::error>> watch_end(const caf::actor& who);

private:
  recorder_ptr
  spawn_recorder(const node& where,
                 std::function<any_channel(caf::event_based_actor*)> opener);

  puppet_ptr spawn_puppet(const caf::actor& connection);
  void find_near_end(caf::event_based_actor* self, const caf::actor& far,
                     std::function<void(const caf::actor&)> found);
  void find_end(caf::event_based_actor* self,
                std::vector<caf::strong_actor_ptr> among,
                const connection_ends& wanted,
                std::function<void(const caf::actor&)> found);
  void check_nothing_left();

  testing::sim_system system_;
  std::shared_ptr<memory_network> network_;
  /// What the test started and has to end. CAF ends actors that nobody knows.
  std::vector<caf::actor> guests_;
  std::vector<caf::actor_addr> nodes_;
};

/// The actor behind the handle of a node.
inline caf::actor router_of(const node& where) {
  return caf::actor_cast<caf::actor>(where.router());
}

/// Ends an actor with a reason that `caf::anon_send_exit` does not take.
void end_actor(const caf::actor& who, const caf::error& reason);

} // namespace troupe::test
