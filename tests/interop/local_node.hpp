// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "event_queue.hpp"
#include "troupe/actors/node/node.hpp"
#include "troupe/actors/pex/pex_options.hpp"

namespace troupe::test {

/// A message that arrived at our reactor.
struct arrival {
  node_id from;
  channel_id channel = 0;
  bool pong = false;
  std::string content;
};

/// What happens between us and a peer.
struct step {
  enum class kind : uint8_t { up, down, pong };

  kind what = kind::up;
  node_id peer;
  /// The first bytes of a pong, where payloads have their number.
  std::string begin = {};
};

/// What the thread of the test hears of a node.
struct journal {
  event_queue<peer_update> updates;
  event_queue<node_event> events;
  event_queue<arrival> arrivals;
  /// Updates and pongs again, in the order in which they came.
  event_queue<step> steps;
  /// Messages that our own node did not take.
  event_queue<caf::error> refused;
  /// Addresses that peers told us.
  event_queue<pex_news> lists;
};

/// Options as the tests need them: any free port on loopback, no rate limits,
/// and short waits before a peer is dialed again.
node_options test_options();

/// Channels 0x70, 0x71 and 0x72 with the priorities of the CometBFT peers, and
/// room for all that a test sends at once.
std::vector<channel_descriptor> test_channels();

/// A Troupe node in this process, in an actor system of its own, with a
/// reactor that answers pings on all channels, and peer exchange if that is
/// asked for. In the end it stops, and with it everything that it started.
///
/// A wait that fails ends the test case.
class local_node {
public:
  explicit local_node(const node_options& options = test_options(),
                      std::vector<channel_descriptor> channels
                      = test_channels(),
                      std::optional<pex_options> exchange = {});

  local_node(const local_node&) = delete;

  local_node& operator=(const local_node&) = delete;

  ~local_node();

  [[nodiscard]] std::string id() const {
    return to_string(node_.id());
  }

  /// Where it listens, `127.0.0.1:PORT`.
  [[nodiscard]] const std::string& endpoint() const {
    return endpoint_;
  }

  /// `ID@127.0.0.1:PORT`.
  [[nodiscard]] std::string address() const {
    return id() + "@" + endpoint_;
  }

  /// Dials `ID@HOST:PORT`.
  void dial(const std::string& address);

  // -- peers ------------------------------------------------------------------

  peer_update wait_up(const std::string& peer);

  peer_update wait_down(const std::string& peer);

  /// Whether the peer went down and nobody has waited for it.
  bool has_lost(const std::string& peer);

  node_event wait_event(node_event::kind kind);

  /// Whether an event of that kind came that nobody has waited for.
  bool has_seen(node_event::kind kind);

  /// What happens next between us and a peer, whether somebody has waited for
  /// it or not.
  step wait_step(const std::string& peer);

  /// Waits for a list of addresses from a peer.
  pex_news wait_list(const std::string& peer);

  // -- messages ---------------------------------------------------------------

  /// Sends `count` pings of `size` bytes on a channel, without waiting.
  /// @returns what was sent.
  std::vector<std::string> send_pings(const std::string& peer,
                                      channel_id channel, size_t size,
                                      size_t count);

  /// Sends pings and checks that all pongs come back, unchanged and in order.
  void ping(const std::string& peer, channel_id channel, size_t size,
            size_t count);

  /// Waits for the next pongs on a channel and checks that they are `sent`.
  void wait_pongs(const std::string& peer, channel_id channel,
                  const std::vector<std::string>& sent);

  /// Waits for that many messages and returns them in the order in which they
  /// arrived.
  std::deque<arrival> wait_arrivals(size_t count);

private:
  static caf::actor_system_config& configure(caf::actor_system_config& config);

  std::shared_ptr<journal> journal_ = std::make_shared<journal>();
  caf::actor_system_config config_;
  caf::actor_system system_;
  node node_;
  caf::actor reactor_;
  std::string endpoint_;
  uint64_t next_sequence_ = 1;
};

} // namespace troupe::test
