// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/network.hpp"

namespace troupe::test {

using namespace std::chrono_literals;
using namespace troupe::testing;

/// What the reactors of a network have seen, and the channels to talk through.
struct talk_board {
  /// Channel of a node.
  using place = std::pair<size_t, channel_id>;

  network* net = nullptr;
  std::map<place, any_channel> channels = {};

  /// Messages that arrived, by place and sender, and when the last one did.
  std::map<std::pair<place, size_t>, size_t> arrived = {};
  std::map<place, time_point> last = {};

  /// Messages that a node did not take for sending, by code.
  std::map<errc, size_t> refused = {};
  size_t taken = 0;

  /// Reactors that do not answer, and what they hold.
  std::map<place, bool> stuck = {};
  std::map<place, std::vector<caf::typed_response_promise<void>>> held = {};
};

/// Sends messages on demand and counts those that arrive.
struct talker {
  static inline const char* name = "troupe.test.talker";

  talker(caf::event_based_actor* ptr, std::shared_ptr<talk_board> all,
         const node& home, size_t number, const channel_descriptor& descriptor)
    : self(ptr),
      board(std::move(all)),
      where{number, descriptor.id},
      wire(home.open_channel<echo::EchoMessage>(self, descriptor)) {
    board->channels[where] = wire;
  }

  caf::behavior make_behavior() {
    return {
        [this](const inbound_envelope& in) { return receive(in); },
        [this](send_atom, const node_id& to, size_t size) {
          echo::PingMessage ping;
          ping.set_content(std::string(size, 'x'));
          wire.send(self, to, ping)
              .then([this] { ++board->taken; },
                    [this](const caf::error& reason) {
                      ++board->refused[code_of(reason, errc::none)];
                    });
        },
    };
  }

  caf::result<void> receive(const inbound_envelope& in) {
    auto& net = *board->net;
    ++board->arrived[{where, net.number_of(in.from)}];
    board->last[where] = net.now();
    if (!board->stuck[where])
      return caf::unit;
    auto promise = self->make_response_promise<void>();
    board->held[where].push_back(promise);
    return promise;
  }

  caf::event_based_actor* self;
  std::shared_ptr<talk_board> board;
  talk_board::place where;
  channel<echo::EchoMessage> wire;
};

inline constexpr channel_id first_channel = 0x70;
inline constexpr channel_id second_channel = 0x71;

/// A network whose nodes say what they are told to, on two channels.
struct talking_network : network {
  explicit talking_network(uint64_t seed, fidelity how = fidelity::messages,
                           duration clock_skew_max = 5min)
    : network(seed,
              {.how = how, .clock_skew_max = clock_skew_max, .channels = 2}) {
    board->net = this;
    for (auto id : {first_channel, second_channel})
      add_reactor(
          [this, id](caf::actor_system& sys, const node& home, size_t number) {
            auto descriptor = channel_options;
            descriptor.id = id;
            if (id == second_channel)
              descriptor.priority = second_priority;
            reactors[{number, id}] = caf::actor_cast<caf::actor_addr>(
                sys.spawn<caf::stateful_actor<talker>>(board, home, number,
                                                       descriptor));
          });
  }

  bool mesh(duration limit = 2min) {
    start();
    if (!run_until([this] { return meshed(); }, limit))
      return false;
    // Of simultaneous dials, the second may still take the place of the first.
    advance(2s);
    return meshed();
  }

  /// Sends `count` messages at once.
  void say(size_t from, size_t to, size_t count = 1, size_t size = 10,
           channel_id channel = first_channel) {
    if (auto who = caf::actor_cast<caf::actor>(reactors[{from, channel}]))
      for (size_t i = 0; i < count; ++i)
        caf::anon_send(who, send_atom_v, id(to), size);
  }

  void broadcast(size_t from, size_t size = 10,
                 channel_id channel = first_channel) {
    echo::PingMessage ping;
    ping.set_content(std::string(size, 'x'));
    board->channels[{from, channel}].broadcast(ping);
  }

  size_t heard(size_t by, size_t from, channel_id channel = first_channel) {
    return board->arrived[{{by, channel}, from}];
  }

  /// Lets a reactor answer again, and all that it has held.
  void unstick(size_t number, channel_id channel = first_channel) {
    board->stuck[{number, channel}] = false;
    for (auto& promise : std::exchange(board->held[{number, channel}], {}))
      promise.deliver();
  }

  /// Limits of both channels.
  channel_descriptor channel_options = {};
  int second_priority = 1;
  std::shared_ptr<talk_board> board = std::make_shared<talk_board>();
  std::map<talk_board::place, caf::actor_addr> reactors = {};
};

/// How often an event with that code happened to a node.
inline size_t count_events(const network& net, size_t number,
                           node_event::kind what, errc code) {
  size_t result = 0;
  for (const auto& event : net.events(number))
    result += event.what == what && event.code == code ? 1 : 0;
  return result;
}

} // namespace troupe::test
