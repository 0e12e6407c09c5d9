// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/memory/memory_connection_actor.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/connection_account.hpp"
#include "troupe/transport/handshake_error.hpp"
#include "troupe/transport/mconn/packet_scheduler.hpp"
#include "troupe/transport/memory/memory_network.hpp"
#include "troupe/transport/signs_of_life.hpp"
#include "troupe/transport/verify_peer.hpp"
#include "troupe/transport/watch.hpp"

namespace troupe {

namespace {

/// What the two ends say to each other.
using memory_connection_actor = connection_actor::extend<
    // Names the other end.
    caf::result<void>(attach_atom, caf::actor),
    // What the other end claims to be.
    caf::result<void>(handshake_atom, node_id, node_info),
    // Messages, within the window.
    caf::result<void>(received_atom, inbound_batch),
    // Gives window back.
    caf::result<void>(written_atom, size_t),
    // Sent by the actor to itself, to end behind what has already arrived.
    caf::result<void>(closed_atom, caf::error)>;

/// Leads to an end in the same process, which the owner watches.
class direct_wire final : public memory_wire {
public:
  explicit direct_wire(caf::actor_addr partner)
    : partner_(std::move(partner)) {}

  void attach(const caf::actor_addr&) override {
    // The partner knows where we are.
  }

  void send(memory_parcel what) override {
    deliver(partner_, std::move(what));
  }

private:
  caf::actor_addr partner_;
};

endpoint endpoint_of(const node_id& id) {
  return {.protocol = memory_protocol, .path = to_string(id)};
}

/// Messages go as they are, in the order in which packets of theirs would end:
/// a long one keeps others waiting no longer than in a stream of bytes.
struct memory_connection_state {
  static inline const char* name = "troupe.memory-connection";

  enum class phase : uint8_t { idle, handshaking, greeted, running };

  memory_connection_state(memory_connection_actor::pointer ptr,
                          const node_id& id, connection_ends both,
                          memory_options shared_options,
                          std::unique_ptr<memory_wire> line = nullptr)
    : self(ptr),
      own(id),
      ends(std::move(both)),
      options(std::move(shared_options)),
      wire(std::move(line)),
      owner(ptr) {}

  memory_connection_actor::behavior_type make_behavior() {
    if (wire)
      wire->attach(self->address());
    self->set_down_handler([this](caf::down_msg& msg) {
      // Urgent messages overtake data that is already here.
      if (msg.source == partner)
        self->send(self, closed_atom_v,
                   caf::make_error(errc::connection_closed));
      else if (owner.is(msg.source))
        self->quit(caf::make_error(errc::shutting_down));
    });
    return {
        [this](handshake_atom, node_info& info, const node_id& whom,
               caf::timespan limit) {
          return begin_handshake(std::move(info), whom, limit);
        },
        [this](start_atom, const std::vector<channel_descriptor>& open,
               const caf::actor& to,
               const caf::actor& from) { return start(open, to, from); },
        [this](send_atom, outbound_batch& batch) {
          return send(std::move(batch));
        },
        [this](credit_atom, const std::vector<channel_credit>& windows,
               size_t memory) { take_back(total_cost(windows), memory); },
        [this](charge_atom, const std::vector<channel_credit>& more) {
          charge(total_cost(more));
        },
        [this](caf::ping_atom) { return ping(); },
        [this](active_atom) { return signs.first(self); },
        [this](caf::close_atom) {
          end(caf::make_error(errc::connection_closed));
        },
        [this](caf::close_atom, caf::timespan limit) { hang_up(limit); },
        [this](caf::get_atom) { return ends; },
        [this](caf::get_atom, report_atom) { return traffic; },
        [this](attach_atom, const caf::actor& other) {
          partner = other.address();
          self->monitor(other);
          wire = std::make_unique<direct_wire>(partner);
        },
        [this](handshake_atom, const node_id& id, node_info& info) {
          signs.came();
          remote = handshake_result{id, std::move(info), ends};
          finish_handshake();
        },
        [this](received_atom, inbound_batch& batch) {
          received(std::move(batch));
        },
        [this](written_atom, size_t cost) {
          in_flight -= std::min(cost, in_flight);
          signs.came();
          pump();
        },
        [this](closed_atom, caf::error& reason) { closed(std::move(reason)); },
    };
  }

  // -- handshake --------------------------------------------------------------

  caf::result<handshake_result>
  begin_handshake(node_info info, const node_id& whom, caf::timespan limit) {
    if (current != phase::idle)
      return caf::make_error(errc::invalid_state, "a second handshake");
    current = phase::handshaking;
    owner.set(self->current_sender());
    expected = whom;
    ours = std::move(info);
    wire->send(memory_greeting{own, ours});
    limit_alarm.set(self, self->system().clock().now() + limit, [this] {
      end(caf::make_error(errc::timeout, "the remote did not finish the "
                                         "handshake in time"));
    });
    promise = self->make_response_promise<handshake_result>();
    finish_handshake();
    return promise;
  }

  void finish_handshake() {
    if (current != phase::handshaking || !remote)
      return;
    auto bad = verify_identity(own, remote->id, expected);
    if (bad.code == errc::none)
      bad = verify_node_info(ours, remote->info, remote->id);
    if (bad.code != errc::none) {
      end(handshake_error(bad, remote->id));
      return;
    }
    limit_alarm.cancel();
    current = phase::greeted;
    judged = compatible(remote->info, ours).code;
    promise.deliver(*remote);
  }

  // -- messages ---------------------------------------------------------------

  caf::result<void> start(const std::vector<channel_descriptor>& open,
                          const caf::actor& to, const caf::actor& from) {
    if (current != phase::greeted)
      return caf::make_error(errc::invalid_state,
                             "start comes once, after the handshake");
    current = phase::running;
    channels = open;
    reader = to.address();
    writer = from.address();
    account.emplace(options.budget, options.receive, self->address());
    waiting.emplace(channels);
    for (auto& batch : std::exchange(early, {}))
      received(std::move(batch));
    if (last_words)
      end(*last_words);
    return caf::unit;
  }

  const channel_descriptor* find(channel_id id) const {
    auto i = std::find_if(channels.begin(), channels.end(),
                          [id](const auto& x) { return x.id == id; });
    return i != channels.end() ? &*i : nullptr;
  }

  caf::result<void> send(outbound_batch batch) {
    if (current != phase::running)
      return caf::make_error(errc::invalid_state,
                             "the connection is not started");
    for (auto& message : batch)
      if (auto code = waiting->push(message.channel, std::move(message.body));
          code != errc::none)
        return caf::make_error(code);
    pump();
    return caf::unit;
  }

  void pump() {
    if (!waiting)
      return;
    inbound_batch batch;
    std::vector<channel_credit> sent;
    const auto now = self->system().clock().now();
    while (in_flight < connection_read_window) {
      auto next = waiting->next(now);
      if (!next)
        break;
      if (!next->eof)
        continue;
      const auto& body = next->message;
      in_flight += read_cost(body.size());
      sent.push_back({next->channel, message_cost(body.size())});
      batch.push_back({next->channel, byte_view{body}});
    }
    if (batch.empty())
      return;
    wire->send(std::move(batch));
    if (auto to = caf::actor_cast<connection_writer>(writer))
      self->send(to, sent_atom_v, std::move(sent));
    if (closing && waiting->empty())
      end(caf::make_error(errc::hung_up));
  }

  /// The window of the other end bounds what can be here.
  void received(inbound_batch batch) {
    signs.came();
    if (batch.empty()) {
      give_back(0); // A ping.
      return;
    }
    if (current != phase::running) {
      early.push_back(std::move(batch));
      return;
    }
    heard = true;
    if (closing)
      return;
    if (auto code = skip_unknown(batch); code != errc::none) {
      end(caf::make_error(code));
      return;
    }
    for (const auto& message : batch)
      if (message.body.size() > find(message.channel)->recv_message_capacity) {
        end(caf::make_error(errc::oversized_message));
        return;
      }
    if (batch.empty())
      return;
    for (const auto& message : batch) {
      unreturned += read_cost(message.body.size());
      traffic.on(message.channel).received_bytes += message.body.size();
    }
    if (auto to = caf::actor_cast<connection_reader>(reader))
      self->send(to, std::move(batch));
    settle();
  }

  void take_back(size_t window, size_t memory) {
    unreturned -= std::min(memory, unreturned);
    // The other end knows nothing of what was charged besides.
    const auto extra = std::min(window, charged);
    charged -= extra;
    if (window > extra)
      give_back(window - extra);
    if (account)
      settle();
  }

  void charge(size_t cost) {
    unreturned += cost;
    charged += cost;
    if (account)
      settle();
  }

  /// Says how much memory is with the reader; it may be too much.
  void settle() {
    if (auto bad = account->hold(unreturned))
      end(std::move(bad));
  }

  /// Drops messages on channels that are not open here.
  /// @returns `unknown_channel` if the options do not allow it.
  errc skip_unknown(inbound_batch& batch) {
    std::map<channel_id, uint32_t> counts;
    size_t cost = 0;
    for (const auto& message : batch)
      if (find(message.channel) == nullptr) {
        ++counts[message.channel];
        cost += read_cost(message.body.size());
      }
    if (counts.empty())
      return errc::none;
    if (options.receive.unknown_channel == unknown_channel_policy::disconnect)
      return errc::unknown_channel;
    std::erase_if(batch, [this](const auto& message) {
      return find(message.channel) == nullptr;
    });
    give_back(cost);
    std::vector<channel_tally> skipped;
    skipped.reserve(counts.size());
    for (auto [channel, count] : counts)
      skipped.push_back({channel, count});
    if (auto to = caf::actor_cast<connection_reader>(reader))
      self->send(to, skipped_atom_v, std::move(skipped));
    return errc::none;
  }

  void give_back(size_t cost) {
    wire->send(memory_credit{cost});
  }

  // -- dead or alive ----------------------------------------------------------

  /// A batch of nothing asks for a sign of life, as nothing else would send
  /// one; credit of nothing is the answer.
  caf::result<void> ping() {
    if (current != phase::running)
      return caf::make_error(errc::invalid_state,
                             "the connection is not started");
    wire->send(inbound_batch{});
    return signs.next(self);
  }

  // -- the end ----------------------------------------------------------------

  /// Ends behind what is queued.
  void hang_up(caf::timespan limit) {
    if (std::exchange(closing, true))
      return;
    if (!waiting || waiting->empty()) {
      end(caf::make_error(errc::hung_up));
      return;
    }
    limit_alarm.set(self, self->system().clock().now() + limit, [this] {
      end(caf::make_error(errc::hung_up,
                          "the remote did not take all in time"));
    });
  }

  /// The other end has gone; or others need our memory.
  void closed(caf::error reason) {
    if (current == phase::greeted && !early.empty()) {
      last_words = std::move(reason);
      return;
    }
    if (reason == errc::connection_closed && current >= phase::greeted && !heard
        && judged != errc::none)
      reason = caf::make_error(judged, "the remote hung up after the "
                                       "handshake, as our node infos do not "
                                       "fit");
    end(std::move(reason));
  }

  void end(caf::error reason) {
    if (current == phase::handshaking)
      promise.deliver(reason);
    self->quit(std::move(reason));
  }

  memory_connection_actor::pointer self;
  node_id own;
  connection_ends ends;
  memory_options options;
  std::unique_ptr<memory_wire> wire; // Null until there is a partner.
  caf::actor_addr partner;           // Where a direct wire leads.
  watch owner;                       // Whoever asked for the handshake.
  phase current = phase::idle;
  signs_of_life signs;

  node_id expected;
  node_info ours;
  std::optional<handshake_result> remote;
  caf::typed_response_promise<handshake_result> promise;
  alarm limit_alarm;

  std::vector<channel_descriptor> channels;
  caf::actor_addr reader;
  caf::actor_addr writer;
  std::optional<packet_scheduler> waiting; // Since `start`, like `account`.
  std::vector<inbound_batch> early;
  size_t in_flight = 0;  // Cost of what the other end has not given back.
  size_t unreturned = 0; // Memory of what the reader is not done with.
  size_t charged = 0;    // Of that, what the other end has not sent.
  peer_traffic traffic;
  std::optional<connection_account> account;

  /// Why the other end has gone, while `start` has yet to say who is to get
  /// what it said before. Whoever asked for the handshake starts us or ends us.
  std::optional<caf::error> last_words;

  bool heard = false;       // A message, or a ping, has arrived.
  errc judged = errc::none; // What the remote finds wrong with our node info.
  bool closing = false;
};

} // namespace

std::pair<connection_actor, connection_actor> spawn_memory_connection(
    caf::actor_system& sys, const node_id& dialer, const node_id& acceptor,
    const memory_options& of_dialer, const memory_options& of_acceptor) {
  const auto one = endpoint_of(dialer);
  const auto two = endpoint_of(acceptor);
  auto near = spawn_state<memory_connection_state, memory_connection_actor>(
      sys, dialer, connection_ends{one, two}, of_dialer);
  auto far = spawn_state<memory_connection_state, memory_connection_actor>(
      sys, acceptor, connection_ends{two, one}, of_acceptor);
  caf::anon_send(near, attach_atom_v, caf::actor_cast<caf::actor>(far));
  caf::anon_send(far, attach_atom_v, caf::actor_cast<caf::actor>(near));
  return {near, far};
}

connection_actor spawn_memory_connection(caf::actor_system& sys,
                                         const node_id& own,
                                         connection_ends ends,
                                         const memory_options& options,
                                         std::unique_ptr<memory_wire> wire) {
  return spawn_state<memory_connection_state, memory_connection_actor>(
      sys, own, std::move(ends), options, std::move(wire));
}

void deliver(const caf::actor_addr& connection, memory_parcel what) {
  auto to = caf::actor_cast<memory_connection_actor>(connection);
  if (!to)
    return;
  if (auto greeting = std::get_if<memory_greeting>(&what))
    caf::anon_send(to, handshake_atom_v, greeting->id,
                   std::move(greeting->info));
  else if (auto batch = std::get_if<inbound_batch>(&what))
    caf::anon_send(to, received_atom_v, std::move(*batch));
  else
    caf::anon_send(to, written_atom_v, std::get<memory_credit>(what).cost);
}

void deliver_end(const caf::actor_addr& connection, const failure& why) {
  if (auto to = caf::actor_cast<memory_connection_actor>(connection))
    caf::anon_send(to, closed_atom_v, to_error(why));
}

} // namespace troupe
