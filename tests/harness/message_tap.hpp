// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/local_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>

#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/message_faults.hpp"
#include "troupe/tests/harness/misconduct.hpp"
#include "troupe/tests/harness/run_record.hpp"
#include "troupe/transport/connection_messages.hpp"

namespace troupe::testing {

/// Stands between the connections of a network and those who decode what they
/// received, and changes that. Works with every kind of connection, as they all
/// hand over the same.
///
/// Nothing of the nodes knows about it: a message that it loses counts as read,
/// and one that it doubles counts twice. It also stands between nodes and their
/// connections, for those that say something else than they would.
class message_tap {
public:
  /// What becomes of a message that is chosen.
  enum class action : uint8_t { drop, delay, repeat };

  /// A fault, and the messages that it is for.
  struct fault_in_force {
    action what;
    message_choice which;
    duration wait = {};
  };

  explicit message_tap(network& net) : net_(net) {}

  /// Chooses what happens from now on; nothing for nothing.
  void set(std::optional<fault_in_force> how);

  /// What nodes do to messages before they are sent.
  misconduct& senders() {
    return senders_;
  }

  /// Tells a record what crosses the network from now on; null for none.
  void set_record(run_record* record) {
    record_ = record;
  }

  /// An actor is about to take a message.
  void delivering(sim_party party, caf::local_actor& to,
                  caf::mailbox_element& what);

  /// The node at the other end of a connection, if it has introduced itself.
  [[nodiscard]] std::optional<size_t> remote_of(caf::actor_id connection) const;

private:
  /// Messages of a channel, on their way to who decodes them.
  struct lane {
    size_t held = 0;
    time_point until = time_point::min();
  };

  using lane_name = std::pair<caf::actor_id, channel_id>;

  void sending(size_t from, caf::local_actor& connection,
               caf::mailbox_element& what);
  void falsify(size_t from, size_t to, caf::local_actor& connection,
               caf::mailbox_element& what);
  void send_later(duration wait, outbound_message message,
                  const caf::local_actor& connection,
                  const caf::mailbox_element& what);
  bool is_new(const caf::local_actor& to, const caf::mailbox_element& what);
  void crossed(size_t from, size_t to, const inbound_message& message,
               message_fate fate);
  void change(size_t from, size_t to, caf::local_actor& receiver,
              caf::mailbox_element& what);
  void hold(inbound_message message, caf::local_actor& receiver,
            const caf::mailbox_element& what, message_fate fate);

  /// When messages were handed to a connection that have not arrived yet, by
  /// sender, receiver, channel and hash of the body.
  using departure = std::tuple<size_t, size_t, channel_id, uint64_t>;

  network& net_;
  run_record* record_ = nullptr;
  std::map<departure, std::deque<time_point>> departures_;
  std::optional<fault_in_force> fault_;
  misconduct senders_;
  /// What was to be sent later, and is on its way to its connection.
  std::vector<caf::message> late_;
  /// By the connection's actor.
  std::map<caf::actor_id, size_t> remotes_;
  std::map<lane_name, lane> lanes_;
  std::map<std::tuple<size_t, size_t, channel_id>, uint64_t> numbers_;
  /// What has been looked at and not been taken yet: some actors are looked at
  /// more often than they take something. Holding it keeps its place in memory
  /// from being another message's.
  std::map<caf::actor_id, caf::message> seen_;
  std::vector<std::pair<caf::message, message_fate>> released_;
};

} // namespace troupe::testing
