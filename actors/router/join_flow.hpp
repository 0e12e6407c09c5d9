// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_behaviour.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/handshake_slots.hpp"
#include "troupe/transport/admission/inbound_limits.hpp"

namespace troupe {

/// Names an attempt to join. A node uses each once.
using join_id = uint64_t;

/// Limits of what is on its way to become a connection.
struct join_options {
  /// Most dials at once, at least 1.
  size_t dials_max = 1;

  /// How many accepted connections may be on their way.
  handshake_limits handshakes = {};

  /// Whether somebody is asked about endpoints and IDs.
  bool filters = false;

  /// When a dial, or an accepted connection, has come to nothing if nobody has
  /// said anything else. Longer than its steps may take together.
  duration dial_time = duration::max();
  duration accept_time = duration::max();
};

/// A connection on its way to become that of a peer.
struct join_attempt {
  /// What was dialed. Absent if the remote dialed us.
  std::optional<node_address> dialed = {};

  /// Where the other end is. Of a dial, it is known after the handshake.
  endpoint remote = {};

  /// The subnet whose part of the slots it takes, if any.
  std::optional<ip_network> subnet = {};

  /// The channels that were open when the handshake began: what our node info
  /// said then holds for the life of the connection.
  std::vector<channel_descriptor> channels = {};

  /// Who has proven to be there. Null before the handshake.
  node_id peer = {};

  [[nodiscard]] direction way() const {
    return dialed ? direction::outbound : direction::inbound;
  }
};

/// What has to be done next for an attempt.
enum class join_step : uint8_t {
  /// Nothing.
  wait,
  /// Reach for the address. Then comes `connected` or `failed`.
  dial,
  /// Ask the filters about the endpoint: `passed` or `failed`.
  check_endpoint,
  /// Shake hands: `greeted` or `failed`. `heard` may come before.
  greet,
  /// Ask the filters about the ID: `passed` or `failed`.
  check_id,
  /// Ask the peer manager for admission: `admitted` or `failed`.
  ask,
};

/// An attempt has become a peer's connection.
struct join_done {
  join_attempt who;
};

/// An attempt came to nothing.
struct join_end {
  join_id id = 0;
  join_attempt who = {};

  /// Why. Without a code, what `failed` was about says it.
  failure why = {};

  /// Whether its connection, or who reaches for one, has to end.
  bool close = false;

  /// Whether the peer manager waits for the outcome of its dial.
  bool owed = false;

  /// Whether observers hear of it.
  bool tell = false;

  /// What it did to us, to be held against `who.peer`.
  std::optional<peer_behaviour> blame = {};

  /// Whether `who.peer`, which dialed us, does not fit.
  bool misfit = false;
};

using join_next = std::variant<join_step, join_done, join_end>;

/// A new attempt.
struct join_start {
  join_id id = 0;
  join_next next = join_step::wait;

  /// An older one that makes way for it.
  std::optional<join_end> displaced = {};
};

/// Decides what a dial and an accepted connection go through until they are a
/// peer's (ADR-062, "Routers").
///
///     dial -> connected --------------+
///                                     +-> greeted -> passed -> admitted
///     arrived -> (slot) -> passed ----+
///
/// A synchronous state machine without clock, socket or actor: events go in,
/// what has to be done next comes out. Each dial that was handed out is owed an
/// outcome, and gets one: the question for admission, or `join_end::owed`.
/// Every number is bounded, and accepting never waits: who finds no slot is
/// turned away at once.
class join_flow {
public:
  explicit join_flow(const join_options& options);

  /// Says which channels are open now, and what we are then (`profile_of`).
  void introduce(std::vector<channel_descriptor> open, std::string profile);

  /// Begins to ask for dials.
  void start();

  /// Begins nothing new, and lets nobody in, from now on.
  void stop();

  [[nodiscard]] bool is_running() const {
    return running_;
  }

  // -- beginnings -------------------------------------------------------------

  /// Whether there is room for a dial that was not asked for yet. Who hears so
  /// asks the peer manager, and calls `dial` with the answer.
  [[nodiscard]] bool ask_to_dial();

  join_start dial(const node_address& address, time_point now);

  /// A connection was accepted.
  /// @param group where it comes from as far as limits care, if they do.
  join_start arrived(const endpoint& remote, const std::optional<origin>& group,
                     time_point now);

  // -- what became of a step. What comes for an attempt that has ended changes
  //    nothing --

  /// A dial has a connection.
  join_next connected(join_id id);

  /// A filter has nothing against it.
  join_next passed(join_id id);

  /// It is the remote's turn to speak, and it has said something.
  void heard(join_id id);

  /// The remote is who it says.
  join_next greeted(join_id id, const node_id& peer, const endpoint& remote);

  /// The peer manager has admitted it.
  /// @returns `join_done`; or `join_end` if that comes too late, which the peer
  ///          manager has to hear as the end of the connection.
  join_next admitted(join_id id);

  /// What had to be done has failed.
  /// @param proven who the remote is, if the handshake got so far.
  join_next failed(join_id id, errc code, const node_id& proven = {});

  /// Its connection has ended. The step under way fails, or comes too late.
  void ended(join_id id);

  /// Gives up attempts of which nobody has said anything for too long.
  std::vector<join_end> expire(time_point now);

  /// When `expire` has something to do.
  [[nodiscard]] std::optional<time_point> next_wakeup() const;

  /// Returns an attempt that has not ended, otherwise null.
  [[nodiscard]] const join_attempt* find(join_id id) const;

private:
  struct entry {
    join_attempt who;

    /// What is being done.
    join_step step;
    time_point deadline;

    /// The place of an accepted connection, unless another one has it now.
    std::optional<uint64_t> slot = {};

    /// What we were when the handshake began.
    std::string profile = {};

    /// Why the connection has ended, if it has.
    errc gone = errc::none;

    /// Whether its end is news: that of a displaced one is not.
    [[nodiscard]] bool is_news() const {
      return who.dialed || slot;
    }
  };

  void add(join_id id, entry what);
  entry take(join_id id);
  [[nodiscard]] entry* find(join_id id, join_step step);
  join_end displace(uint64_t slot);
  join_step greet(entry& x);
  join_step ask(join_id id, entry& x);
  void judge(join_end& end, const entry& x, errc code) const;

  join_options options_;
  bool running_ = false;
  bool asked_ = false;
  size_t dials_ = 0;
  join_id last_ = 0;
  std::vector<channel_descriptor> open_;
  std::string profile_;
  handshake_slots slots_;
  std::map<join_id, entry> attempts_;
  std::map<uint64_t, join_id> by_slot_;
  /// Not of those who ask for admission: the peer manager always answers.
  std::set<std::pair<time_point, join_id>> deadlines_;
};

} // namespace troupe
