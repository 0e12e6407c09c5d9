// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/as_result.hpp"
#include "troupe/actors/node.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/transport/connection_actor.hpp"
#include "troupe/transport/memory_network.hpp"

namespace caf::scheduler {

class test_coordinator;

} // namespace caf::scheduler

namespace troupe::test {

using namespace std::chrono_literals;

/// A reactor and all that it saw.
struct recorder {
  /// Calls `on_message`, which by default is done with a message at once.
  std::function<caf::result<void>(const inbound_envelope&)> on_message
      = [](const inbound_envelope&) -> caf::result<void> { return caf::unit; };
  std::function<void(const peer_update&)> on_update = [](const peer_update&) {};

  /// Not done with any message before `world::release`, if set.
  bool patient = false;
  std::vector<caf::typed_response_promise<void>> held = {};

  std::vector<inbound_envelope> got = {};
  std::vector<peer_update> updates = {};
  std::vector<node_event> events = {};

  /// Why the reactor ended.
  std::optional<caf::error> ended = {};

  /// The open channel.
  channel wire = {};

  /// Null once the reactor has ended.
  caf::event_based_actor* self = nullptr;

  // -- questions --------------------------------------------------------------

  /// The contents of all pings and pongs, in order, separated by blanks.
  [[nodiscard]] std::string text() const;

  /// The updates about all peers, "+" for up and "-" for down.
  [[nodiscard]] std::string signs() const;

  /// Whether the last update about a peer was *up*.
  [[nodiscard]] bool sees(const node_id& peer) const;

  /// The last update about a peer; fails the test if there is none.
  [[nodiscard]] peer_update last(const node_id& peer) const;

  /// Codes of all events of that kind, in order.
  [[nodiscard]] std::vector<errc> codes(node_event::kind what) const;

  // -- verbs ------------------------------------------------------------------

  void say(const node_id& to, std::string_view text) const;
  void shout(std::string_view text) const;
};

using recorder_ptr = std::shared_ptr<recorder>;

/// The remote end of a memory connection in the hands of the test: it says
/// what it wants and claims to be whom it wants.
struct puppet {
  /// What the node told about itself.
  std::optional<node_info> info = {};

  /// What the node sent.
  std::vector<inbound_message> got = {};

  /// Whether the puppet makes room for more.
  bool reads = true;

  /// Why the node's end of the connection ended.
  std::optional<caf::error> closed = {};

  /// The node's end of the connection.
  caf::actor_addr connection = {};

  caf::actor_addr address = {};

  /// Finishes the handshake.
  void greet(const node_id& proven, const node_info& info) const;
  void send(channel_id channel, bytes body) const;
  void hang_up() const;

  [[nodiscard]] errc reason() const {
    return closed ? code_of(*closed, errc::none) : errc::none;
  }
};

using puppet_ptr = std::shared_ptr<puppet>;

/// Where a node that is not there can be dialed.
struct decoy {
  enum class mood : uint8_t { accept, refuse, ignore };

  mood with = mood::accept;

  /// The connections that were dialed, and how many dials there were.
  std::vector<puppet_ptr> dials = {};
  size_t attempts = 0;
};

using decoy_ptr = std::shared_ptr<decoy>;

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

  /// Runs actors in the order of their arrival, or in a random order if `seed`
  /// is not 0. Messages from one actor to another keep their order.
  explicit world(uint64_t seed = 0);

  world(const world&) = delete;

  world& operator=(const world&) = delete;

  ~world();

  /// Ends all that the test started. A fixture whose actors refer to its
  /// members calls it in its destructor.
  void stop_all();

  caf::actor_system& sys() {
    return *sys_;
  }

  // -- time -------------------------------------------------------------------

  /// Runs until nobody has anything to do at this time.
  void settle();

  /// Runs `count` steps at most.
  void step(size_t count);

  /// Lets time pass.
  void advance(duration span);

  [[nodiscard]] time_point now();

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
    return spawn_recorder(where,
                          [](caf::event_based_actor*) { return channel{}; });
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
    auto result = std::make_shared<answer<T>>();
    sys_->spawn([=](caf::event_based_actor* self) {
      auto failed = [result](const caf::error& e) { result->error = e; };
      if constexpr (std::is_same_v<T, caf::unit_t>)
        self->request(to, caf::infinite, xs...)
            .then([result] { result->value = caf::unit; }, failed);
      else
        self->request(to, caf::infinite, xs...)
            .then([result](const T& x) { result->value = x; }, failed);
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
  size_t running(std::string_view name);

  /// Value of the counter of messages that were shed.
  int64_t dropped(channel_id channel, direction way, std::string_view reason);

  /// Spawns an actor that ends with the world.
  template <class... Ts>
  caf::actor spawn_guest(Ts&&... xs) {
    return guard(
        caf::actor_cast<caf::actor>(sys_->spawn(std::forward<Ts>(xs)...)));
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
  struct resident {
    caf::actor_addr address;
    std::string name;
  };

  struct config : caf::actor_system_config {
    config();
  };

  recorder_ptr
  spawn_recorder(const node& where,
                 std::function<channel(caf::event_based_actor*)> opener);

  puppet_ptr spawn_puppet(const caf::actor& connection);
  void run_one();
  void note(caf::resumable* job);
  void note_jobs();
  void check_nothing_left();

  caf::scheduler::test_coordinator* scheduler_;
  std::unique_ptr<config> config_;
  std::unique_ptr<caf::actor_system> sys_;
  std::mt19937_64 random_;
  bool shuffle_;
  std::shared_ptr<memory_network> network_;
  std::map<caf::actor_id, resident> residents_;
  /// What the test started and has to end. CAF ends actors that nobody knows.
  std::vector<caf::actor> guests_;
  std::vector<caf::actor_addr> nodes_;
};

/// Ends an actor with a reason that `caf::anon_send_exit` does not take.
void end_actor(const caf::actor& who, const caf::error& reason);

/// A ping and a pong.
echo::PingMessage ping(std::string_view text);
echo::PongMessage pong(std::string_view text);

/// The bytes of a text.
bytes from_text(std::string_view text);

/// A ping of the echo channel on the wire.
bytes wire_ping(std::string_view text);

} // namespace troupe::test
