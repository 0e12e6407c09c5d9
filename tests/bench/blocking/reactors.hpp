// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/proto/echo.pb.h"

namespace troupe::bench {

/// Ends the program.
[[noreturn]] void give_up(const std::string& why);

/// The number that a text begins with.
uint64_t number_in(std::string_view text);

// -- the node whose reactor stalls --------------------------------------------

struct stalling_state {
  static inline const char* name = "blocking.stalling";
  uint64_t received = 0;
  uint64_t last = 0;
  bool in_order = true;
};

/// Counts what it gets, sleeps for as long as it is told to, and prints in the
/// end what it got and whether that came in order. Needs a thread of its own.
caf::behavior stalling(caf::stateful_actor<stalling_state>* self,
                       const node& home);

/// Answers pings.
caf::behavior echoing(caf::event_based_actor* self, const node& home);

// -- the other one ------------------------------------------------------------

struct sender_state {
  static inline const char* name = "blocking.sender";

  channel<echo::EchoMessage> wire;
  node_id peer = {};
  uint64_t sent = 0;
  uint64_t waiting = 0;
  uint64_t held_back = 0;
  uint64_t failed = 0;
  bool ending = false;
};

/// Sends numbered messages from when its peer is up, of which it tells `owner`
/// (`ok_atom`), to `close_atom`, and between them what it is told. Answers that
/// with what it has sent, what was refused, and how often it waited, when
/// nothing waits any more.
/// @param pause between two of them, of 8 KiB each.
caf::behavior sender(caf::stateful_actor<sender_state>* self, const node& home,
                     const caf::actor& owner, duration pause);

/// Round trips by when their pings went out.
using round_trips = std::map<std::chrono::steady_clock::time_point,
                             std::chrono::steady_clock::duration>;

struct pinger_state {
  static inline const char* name = "blocking.pinger";

  channel<echo::EchoMessage> wire;
  node_id peer = {};
  std::map<uint64_t, std::chrono::steady_clock::time_point> open = {};
  uint64_t number = 0;
  bool ending = false;
};

/// Pings from when its peer is up, likewise, to `close_atom`, and says how many
/// were never answered.
caf::behavior pinger(caf::stateful_actor<pinger_state>* self, const node& home,
                     round_trips* results, const caf::actor& owner);

} // namespace troupe::bench
