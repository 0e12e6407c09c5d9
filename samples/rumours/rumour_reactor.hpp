// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"

namespace rumours {

/// What a reactor does.
struct rumour_options {
  troupe::channel_id channel = 0x71;

  /// Makes up a rumour now and then: waits up to twice this before each.
  troupe::duration mean_gap = std::chrono::seconds{5};

  /// How many rumours it makes up before it only listens.
  size_t inventions_max = SIZE_MAX;

  /// Called for every rumour that it makes up or hears, once.
  std::function<void(uint64_t id, const std::string& text)> on_rumour = {};

  /// Tells a peer what it missed only when it meets it for the first time, and
  /// not after each reconnect. This is a bug: the test finds it, and
  /// tests/harness/README.md shows how.
  bool forgetful = false;
};

/// Most rumours that a reactor remembers; it does not listen to more.
inline constexpr size_t rumours_max = 10'000;

/// Longest text of a rumour; who sends a longer one loses its connection.
inline constexpr size_t text_size_max = 200;

/// Spawns a reactor that makes up rumours and passes on what it hears, so that
/// sooner or later every node of a connected network knows all. Ends with its
/// node.
caf::actor spawn_rumours(caf::actor_system& sys, const troupe::node& home,
                         rumour_options options);

} // namespace rumours
