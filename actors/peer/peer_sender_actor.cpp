// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_sender_actor.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/peer/traffic_meter.hpp"
#include "troupe/actors/qos/qos_actor.hpp"
#include "troupe/actors/qos/qos_policy.hpp"
#include "troupe/actors/qos/shed_inbox.hpp"
#include "troupe/actors/qos/shed_report.hpp"
#include "troupe/messages/channel_map.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/send_window.hpp"

namespace troupe {

namespace {

/// What the actor answers to besides its public interface.
using inner_sender_actor
    = peer_sender_actor::extend<caf::result<void>(caf::flush_atom),
                                // Something was shed.
                                caf::result<void>(caf::publish_atom)>;

/// Messages wait by channel.
class outbound_rules final : public envelope_rules<channel_id> {
public:
  outbound_rules(channel_plan_ptr plan, const channel_set& shared,
                 metrics count)
    : plan_(std::move(plan)),
      shared_(shared),
      counters_(std::move(count)) {}

  [[nodiscard]] bool is_envelope(const caf::message& content) const override {
    return content.match_elements<send_atom, outbound_envelope>()
           || is_latest(content);
  }

  [[nodiscard]] result<place> sort(const caf::message& content) const override {
    const auto& message = envelope_in(content);
    if (!shared_.test(message.channel))
      return errc::peer_lacks_channel;
    return place{message.channel, plan_->outbound.at(message.channel).limits,
                 message_cost(message.body.size()),
                 is_latest(content) ? content.get_as<std::string>(2)
                                    : std::string{}};
  }

  void refused(const caf::message& content, errc code) const override {
    count(content, to_string(code));
    sometimes<"troupe: the queue to a peer is full">(code == errc::queue_full);
    if (code == errc::queue_full)
      losses_.add(
          {envelope_in(content).channel, direction::outbound, to_string(code)});
  }

  void shed(const caf::mailbox_element& what, qos_loss why) const override {
    reachable<"troupe: the queue to a peer sheds a message">();
    // Whether the new message has to go or an old one, the queue was full.
    auto reason
        = why == qos_loss::full ? to_string(errc::queue_full) : to_string(why);
    count(what.payload, reason);
    losses_.add({envelope_in(what.payload).channel, direction::outbound,
                 std::move(reason)});
  }

  [[nodiscard]] shed_inbox& losses() const {
    return losses_;
  }

private:
  static bool is_latest(const caf::message& content) {
    return content.match_elements<send_atom, outbound_envelope, std::string>();
  }

  static const outbound_envelope& envelope_in(const caf::message& content) {
    return content.get_as<outbound_envelope>(1);
  }

  void count(const caf::message& content, std::string_view reason) const {
    auto counters = counters_;
    counters.dropped(envelope_in(content).channel, direction::outbound, reason);
  }

  channel_plan_ptr plan_;
  channel_set shared_;
  metrics counters_;
  mutable shed_inbox losses_;
};

using outbound_mailbox = qos_mailbox<channel_id>;

struct peer_sender_state {
  static inline const char* name = "troupe.peer-sender";

  /// What goes on on a channel.
  struct lane {
    traffic_meter meter;
    /// Cost of what the connection has and did not report as sent.
    size_t in_hand = 0;
    bool held_back = false;
    /// Who waits for room.
    std::vector<caf::typed_response_promise<void>> waiting = {};

    [[nodiscard]] bool idle() const {
      return in_hand == 0 && waiting.empty() && meter.empty();
    }
  };

  /// One reactor has a channel, and hardly asks twice.
  static constexpr size_t waiting_max = 16;

  peer_sender_state(inner_sender_actor::pointer ptr,
                    std::shared_ptr<outbound_mailbox> envelopes,
                    connection_actor to, const caf::actor& router,
                    shed_inbox* lost, channel_plan_ptr channels,
                    const channel_set& with_peer, bool in_order)
    : self(ptr),
      mailbox(std::move(envelopes)),
      losses(lost),
      shed(ptr, router.address()),
      connection(std::move(to)),
      plan(std::move(channels)),
      shared(with_peer),
      little(connection_window / 2 / std::max<size_t>(shared.count(), 1)),
      arrival_order(in_order) {
    losses->tell(ptr->address());
    mailbox->pause(true);
  }

  inner_sender_actor::behavior_type make_behavior() {
    return {
        [this](start_atom, const std::vector<channel_descriptor>& channels,
               const caf::actor& receiver) { start(channels, receiver); },
        [this](send_atom, const outbound_envelope& what) { take(what); },
        [this](send_atom, const outbound_envelope& what, const std::string&) {
          take(what);
        },
        [this](sent_atom, const std::vector<channel_credit>& done) {
          for (const auto& credit : done)
            sent(credit);
          lanes.trim(std::mem_fn(&lane::idle));
          hang_up_if_done();
        },
        [this](writable_atom, channel_id id) { return wait_for_room(id); },
        [this](caf::get_atom, report_atom) { return report(); },
        [this](caf::close_atom, caf::timespan limit) { close(limit); },
        [this](caf::flush_atom) {
          flush();
          tell_room();
        },
        [this](caf::publish_atom) {
          for (const auto& [what, messages] : losses->take()) {
            shed.add(what, messages);
            traffic.on(what.channel).shed += messages;
          }
          tell_room();
          // If the last ones that waited have expired, nothing else comes.
          hang_up_if_done();
        },
    };
  }

  void start(const std::vector<channel_descriptor>& channels,
             const caf::actor& receiver) {
    // Anonymous: if the connection has ended meanwhile, so do we.
    caf::anon_send(connection, start_atom_v, channels, receiver,
                   caf::actor_cast<caf::actor>(self));
    mailbox->pause(false);
  }

  // -- what the connection has ------------------------------------------------

  /// All that comes as an envelope is a message to send. Nothing is to be said
  /// to who awaits no answer.
  bool took(const caf::message& content) {
    take(content.get_as<outbound_envelope>(1));
    return true;
  }

  void take(const outbound_envelope& what) {
    auto& from = lane_of(what.channel);
    const auto size = what.body.size();
    from.meter.add(size);
    traffic.on(what.channel).sent_bytes += size;
    note(what.channel, from, from.in_hand + message_cost(size));
    // The next turn mostly takes as many as the last one.
    if (batch.empty())
      batch.reserve(last_batch);
    batch.push_back({what.channel, what.body.share()});
  }

  lane& lane_of(channel_id id) {
    if (auto i = lanes.find(id); i != lanes.end())
      return i->second;
    return lanes.emplace(id, {traffic_meter{plan->outbound.at(id).counters}});
  }

  void sent(const channel_credit& done) {
    if (auto i = lanes.find(done.channel); i != lanes.end())
      note(i->first, i->second,
           i->second.in_hand - std::min(done.cost, i->second.in_hand));
  }

  void flush() {
    if (!batch.empty()) {
      last_batch = batch.size();
      self->send(connection, send_atom_v, std::exchange(batch, {}));
    }
    for (auto& [id, each] : lanes)
      each.meter.flush();
    hang_up_if_done();
  }

  void note(channel_id id, lane& of, size_t in_hand) {
    const auto was_full = full();
    total = total - counted(of.in_hand) + counted(in_hand);
    of.in_hand = in_hand;
    if (arrival_order) {
      if (full() != was_full)
        mailbox->pause(full());
      return;
    }
    settle(id, of);
    if (full() != was_full)
      for (auto& [other, each] : lanes)
        settle(other, each);
  }

  /// A channel of which the connection has little may always send more, so that
  /// it passes what is long in progress.
  void settle(channel_id id, lane& of) {
    const auto hold
        = of.in_hand >= connection_window || (full() && of.in_hand >= little);
    if (hold != of.held_back)
      mailbox->hold_back(id, of.held_back = hold);
  }

  /// A long message leaves the others half of the window, or else they would
  /// wait for it, message by message, whatever the policy says.
  [[nodiscard]] size_t counted(size_t in_hand) const {
    return arrival_order ? in_hand : std::min(in_hand, connection_window / 2);
  }

  [[nodiscard]] bool full() const {
    return total >= connection_window;
  }

  [[nodiscard]] peer_traffic report() const {
    auto result = traffic;
    for (const auto& [id, route] : plan->outbound)
      if (auto cost = mailbox->cost(id); cost > 0)
        result.on(id).queued_bytes = cost;
    return result;
  }

  // -- who waits for room -----------------------------------------------------

  caf::result<void> wait_for_room(channel_id id) {
    if (!shared.test(id))
      return caf::make_error(errc::peer_lacks_channel);
    if (closing)
      return caf::make_error(errc::not_connected);
    if (!mailbox->holds(id))
      return caf::unit;
    auto& waiting = lane_of(id).waiting;
    if (waiting.size() == waiting_max)
      return caf::make_error(errc::queue_full);
    waiting.push_back(self->make_response_promise<void>());
    return waiting.back();
  }

  void tell_room() {
    for (auto& [id, each] : lanes)
      if (!each.waiting.empty() && !mailbox->holds(id))
        for (auto& promise : std::exchange(each.waiting, {}))
          promise.deliver();
    lanes.trim(std::mem_fn(&lane::idle));
  }

  // -- the end ----------------------------------------------------------------

  void close(caf::timespan limit) {
    if (std::exchange(closing, true))
      return;
    mailbox->refuse(errc::not_connected);
    for (auto& [id, each] : lanes)
      for (auto& promise : std::exchange(each.waiting, {}))
        promise.deliver(caf::make_error(errc::not_connected));
    deadline = self->system().clock().now() + limit;
    timer.set(self, deadline, [this] { hang_up(); });
    hang_up_if_done();
  }

  void hang_up_if_done() {
    if (closing && batch.empty() && mailbox->size() == 0)
      hang_up();
  }

  /// The rest is up to the connection.
  void hang_up() {
    if (std::exchange(done, true))
      return;
    timer.cancel();
    auto left = deadline - self->system().clock().now();
    self->send(connection, caf::close_atom_v,
               caf::timespan{std::max(left, duration::zero())});
  }

  inner_sender_actor::pointer self;
  std::shared_ptr<outbound_mailbox> mailbox;
  shed_inbox* losses; // Of the mailbox.
  shed_report<inner_sender_actor::pointer> shed;
  connection_actor connection;
  channel_plan_ptr plan;
  channel_set shared;      // What the peer has of the plan.
  size_t little;           // What a channel may always have in hand.
  channel_map<lane> lanes; // Where something goes on.
  peer_traffic traffic;
  size_t total = 0;     // What counts of all lanes.
  outbound_batch batch; // In hand, and about to be sent there.
  size_t last_batch = 0;
  bool arrival_order; // Whether no channel may overtake another.
  bool closing = false;
  bool done = false;
  time_point deadline; // For what is queued, once we are closing.
  alarm timer;
};

} // namespace

peer_sender_actor
spawn_peer_sender(caf::actor_system& sys, connection_actor connection,
                  const caf::actor& router, const channel_plan_ptr& plan,
                  const channel_set& shared, const qos_options& options,
                  metrics counters) {
  auto rules
      = std::make_unique<outbound_rules>(plan, shared, std::move(counters));
  auto* losses = &rules->losses();
  auto envelopes
      = std::make_shared<outbound_mailbox>(std::move(rules), options);
  return spawn_qos_state<peer_sender_state, inner_sender_actor>(
      sys, std::move(envelopes), std::move(connection), router, losses, plan,
      shared, find_qos_policy(options.policy)->in_order);
}

} // namespace troupe
