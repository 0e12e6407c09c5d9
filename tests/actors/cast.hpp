// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/transport/connection_actor.hpp"

// Who plays in a world: reactors that take notes, and remotes in the hands of
// the test.

namespace troupe::test {

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
  any_channel wire = {};

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

/// Why accepted remotes were refused, in order.
inline std::vector<errc> refusals(const recorder& state) {
  return state.codes(node_event::kind::refused);
}

/// Why dials failed, in order.
inline std::vector<errc> dial_failures(const recorder& state) {
  return state.codes(node_event::kind::dial_failed);
}

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

// -- messages -----------------------------------------------------------------

/// A ping and a pong.
echo::PingMessage ping(std::string_view text);
echo::PongMessage pong(std::string_view text);

/// The bytes of a text.
bytes from_text(std::string_view text);

/// A ping of the echo channel on the wire.
bytes wire_ping(std::string_view text);

} // namespace troupe::test
