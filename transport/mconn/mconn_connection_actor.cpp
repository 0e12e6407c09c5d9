// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/mconn_connection_actor.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/property.hpp"
#include "troupe/messages/secret_array.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/connection_account.hpp"
#include "troupe/transport/handshake_error.hpp"
#include "troupe/transport/mconn/inbound_window.hpp"
#include "troupe/transport/mconn/mconn_handshake.hpp"
#include "troupe/transport/mconn/mconn_stream.hpp"
#include "troupe/transport/mconn/stream_outflow.hpp"
#include "troupe/transport/read_window.hpp"
#include "troupe/transport/send_window.hpp"
#include "troupe/transport/signs_of_life.hpp"
#include "troupe/transport/watch.hpp"

namespace troupe {

namespace {

/// What the actor answers to besides its public interface.
using mconn_connection_actor
    = connection_actor::extend_with<byte_stream_owner>::extend<
        // Sent by the actor to itself, to end behind what has already arrived.
        caf::result<void>(closed_atom, caf::error),
        // The same, behind messages that came while it wrote past the stream.
        caf::result<void>(caf::flush_atom)>;

// One turn may seal as much without hearing from the writer in between. A
// channel that runs dry meanwhile would leave its share to lower priorities.
static_assert(mconn_stream::bursts_in_flight * mconn_stream::burst_frames
                  * frame_chunk_max
              <= connection_window);

// Buffers of either direction are blocks that are used again and again.
static_assert(mconn_stream::burst_bytes <= raw_block_size
              && read_size_max <= raw_block_size);

///     idle --> handshaking --> greeted --> running
///
/// The actor ends from any of them.
struct mconn_connection_state {
  static inline const char* name = "troupe.mconn-connection";

  /// A read takes a fraction of a millisecond.
  static constexpr size_t turn_max = 2;

  enum class phase : uint8_t { idle, handshaking, greeted, running };

  /// How long a connection that has ended waits to be asked for the handshake.
  static constexpr auto unasked_max = std::chrono::seconds{1};

  mconn_connection_state(mconn_connection_actor::pointer ptr, byte_stream below,
                         connection_ends both,
                         std::shared_ptr<const mconn_options> shared_options)
    : self(ptr),
      stream(below.actor),
      outflow(ptr, std::move(below)),
      ends(std::move(both)),
      options(std::move(shared_options)),
      owner(ptr) {}

  mconn_connection_actor::behavior_type make_behavior() {
    self->monitor(stream);
    self->set_down_handler([this](caf::down_msg& msg) { down(msg); });
    self->send(stream, attach_atom_v, handshake_reads_max);
    reads_allowed = handshake_reads_max;
    return {
        [this](handshake_atom, node_info& ours, const node_id& expected,
               caf::timespan limit) {
          return begin_handshake(std::move(ours), expected, limit);
        },
        [this](start_atom, const std::vector<channel_descriptor>& channels,
               const caf::actor& to,
               const caf::actor& from) { return start(channels, to, from); },
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
        [this](caf::close_atom) { fail(errc::connection_closed); },
        [this](caf::close_atom, caf::timespan limit) { hang_up(limit); },
        [this](caf::get_atom) { return ends; },
        [this](caf::get_atom, report_atom) { return report(); },
        [this](received_atom, raw_bytes& data, size_t credit) {
          received(std::move(data), credit);
        },
        [this](written_atom, size_t bytes) { written(bytes); },
        [this](caf::flush_atom) { flushed(); },
        [this](closed_atom, caf::error& reason) { closed(std::move(reason)); },
    };
  }

  // -- handshake --------------------------------------------------------------

  caf::result<handshake_result> begin_handshake(node_info ours,
                                                const node_id& expected,
                                                caf::timespan limit) {
    if (current != phase::idle)
      return caf::make_error(errc::invalid_state, "a second handshake");
    current = phase::handshaking;
    owner.set(self->current_sender());
    secret_array<32> ephemeral;
    options->random->fill(ephemeral.span());
    handshake = std::make_unique<mconn_handshake>(
        options->key, ephemeral.span(), std::move(ours), expected,
        options->accepted);
    write(handshake->start());
    wakeup.set(self, now() + limit, [this] { handshake_expired(); });
    promise = self->make_response_promise<handshake_result>();
    if (auto early = std::exchange(early_reads, {}); !early.empty())
      receive_handshake(early);
    deadline.cancel();
    if (last_words && promise.pending())
      closed(*std::exchange(last_words, std::nullopt));
    return promise;
  }

  void handshake_expired() {
    if (current == phase::handshaking)
      fail(errc::timeout, "the remote did not finish the handshake in time");
  }

  void receive_handshake(byte_span data) {
    bytes output;
    auto outcome = handshake->consume(data, output);
    write(output);
    if (outcome.code != errc::none) {
      end(handshake_error(outcome, handshake->proven()));
      return;
    }
    if (!handshake->done()) {
      allow_reads(handshake_reads_max);
      return;
    }
    // No more is read until `start` says who takes it.
    current = phase::greeted;
    wakeup.cancel();
    judged = handshake->judged_by_remote();
    auto result = handshake->take_result();
    result.ends = ends;
    promise.deliver(std::move(result));
  }

  caf::result<void> start(const std::vector<channel_descriptor>& channels,
                          const caf::actor& to, const caf::actor& from) {
    if (current != phase::greeted)
      return caf::make_error(errc::invalid_state,
                             "start comes once, after the handshake");
    current = phase::running;
    // Weak: they hold us.
    reader = to.address();
    writer = from.address();
    packets.emplace(options->stream, channels, handshake->take_writer(),
                    handshake->take_reader(), now(), options->rates);
    auto early = handshake->take_plaintext();
    heard = !early.empty() || !early_reads.empty();
    handshake.reset();
    account.emplace(options->budget, options->stream.receive, self->address());
    if (auto code = packets->receive_plaintext(early, now());
        code != errc::none) {
      fail(code);
      return caf::unit;
    }
    if (auto rest = std::exchange(early_reads, {}); !rest.empty())
      if (auto code = packets->receive(rest, now()); code != errc::none) {
        fail(code);
        return caf::unit;
      }
    hand_over();
    if (last_words)
      end(*last_words);
    else
      turn();
    return caf::unit;
  }

  // -- running ----------------------------------------------------------------

  caf::result<void> send(outbound_batch batch) {
    if (current != phase::running)
      return caf::make_error(errc::invalid_state,
                             "the connection is not started");
    for (auto& message : batch)
      if (auto code = packets->send(std::move(message)); code != errc::none)
        return caf::make_error(code);
    turn();
    return caf::unit;
  }

  /// @param credit what the read used up.
  void received(raw_bytes data, size_t credit) {
    reads_allowed -= std::min(credit, reads_allowed);
    signs.came();
    switch (current) {
      case phase::handshaking:
        receive_handshake(data);
        return;
      case phase::idle:
      case phase::greeted:
        early_reads.insert(early_reads.end(), data.begin(), data.end());
        return;
      case phase::running:
        break;
    }
    heard = true;
    if (closing) {
      packets->ignore(data.size(), now());
      turn();
      return;
    }
    last_read = credit;
    if (auto code = packets->receive(data, now()); code != errc::none) {
      hand_over();
      fail(code);
      return;
    }
    hand_over();
    if (settle())
      turn();
  }

  caf::result<void> ping() {
    if (current != phase::running)
      return caf::make_error(errc::invalid_state,
                             "the connection is not started");
    if (!window.open())
      return caf::unit;
    auto answer = signs.next(self);
    packets->ping();
    turn();
    return answer;
  }

  peer_traffic report() {
    if (current != phase::running)
      return {};
    traffic.rtt = packets->rtt();
    if (!closing) {
      packets->measure_rtt();
      turn();
    }
    return traffic;
  }

  /// Gives to the reader what has arrived and fits into the window.
  void hand_over(size_t size = connection_read_window) {
    const auto to = caf::actor_cast<connection_reader>(reader);
    if (auto skipped = packets->take_skipped(); to && !skipped.empty())
      self->send(to, skipped_atom_v, std::move(skipped));
    auto fresh = packets->take_inbound();
    for (const auto& message : fresh)
      traffic.on(message.channel).received_bytes += message.body.size();
    if (auto batch = window.take(std::move(fresh), size); to && !batch.empty())
      self->send(to, std::move(batch));
  }

  void take_back(size_t cost, size_t memory) {
    window.give_back(cost, memory);
    if (current != phase::running)
      return;
    hand_over();
    if (settle())
      turn();
  }

  void charge(size_t cost) {
    window.charge(cost);
    if (current == phase::running)
      settle();
  }

  /// Says how much memory we hold. @returns `false` if that ends us.
  bool settle() {
    auto held = packets->held_bytes() + window.held();
    // Who is in the middle of something has more of it on the way.
    if (held > 0)
      held += std::min(2 * last_read, reads_allowed);
    if (auto bad = account->hold(held)) {
      end(std::move(bad));
      return false;
    }
    return true;
  }

  void written(size_t count) {
    outflow.written(count);
    if (current == phase::running)
      turn();
  }

  void flushed() {
    outflow.flushed();
    if (current == phase::running)
      turn();
  }

  /// Whatever happened, this does all that is possible now.
  void turn() {
    const auto time = now();
    if (auto code = packets->tick(time); code != errc::none) {
      sometimes<"troupe: keepalive ends a silent connection">(
          code == errc::peer_silent);
      fail(code);
      return;
    }
    pump(time);
    if (closing)
      say_goodbye();
    read_on(time);
    wakeup.set(self, packets->next_wakeup(time), [this] { turn(); });
  }

  /// Keeps the byte stream supplied. While it is busy only full bursts are
  /// added, so that small messages share frames; when it is idle everything
  /// goes out at once.
  void pump(time_point time) {
    while (auto size = packets->burst_size(time)) {
      const auto busy = outflow.in_flight() > 0;
      if (outflow.in_flight() + size
          > mconn_stream::bursts_in_flight * mconn_stream::burst_bytes)
        break;
      if (busy && !packets->urgent() && !packets->burst_is_full(time))
        break;
      raw_bytes burst(size);
      size_t sealed = 0;
      if (auto code = packets->write_burst(burst, time, sealed);
          code != errc::none) {
        fail(code);
        return;
      }
      burst.resize(sealed);
      outflow.write(std::move(burst));
    }
    if (auto sent = packets->take_sent(); !sent.empty())
      if (auto to = caf::actor_cast<connection_writer>(writer))
        self->send(to, sent_atom_v, std::move(sent));
  }

  void read_on(time_point time) {
    const auto open = closing || window.open();
    sometimes<"troupe: a connection reads no more for a slow reader">(!open);
    packets->set_paused(!open, time);
    if (open && packets->may_read(time))
      allow_reads(reads_in_flight_max);
  }

  /// Half of it is enough to go on with: each message wakes the I/O thread.
  void allow_reads(size_t most) {
    if (reads_allowed * 2 > most)
      return;
    self->send(stream, credit_atom_v, most - reads_allowed);
    reads_allowed = most;
  }

  /// Writes handshake bytes, which are few.
  void write(byte_view data) {
    if (!data.empty())
      outflow.write(raw_bytes(data.begin(), data.end()));
  }

  // -- the end ----------------------------------------------------------------

  /// Ends behind what is queued.
  void hang_up(caf::timespan limit) {
    if (closing)
      return;
    closing = true;
    if (current != phase::running) {
      fail(errc::hung_up);
      return;
    }
    deadline.set(self, now() + limit, [this] {
      fail(errc::hung_up, "the remote did not take all in time");
    });
    turn();
  }

  /// Once everything is with the network, the remote learns that it was all.
  /// To close at once would throw away what it has not read yet, if it sends
  /// something meanwhile.
  void say_goodbye() {
    if (finished || outflow.in_flight() > 0 || !packets->drained())
      return;
    finished = true;
    self->send(stream, finish_atom_v);
  }

  /// The byte stream has ended, and so do we; or others need our memory.
  void closed(caf::error reason) {
    const auto unasked = current == phase::idle;
    if (unasked
        || (current == phase::greeted
            && (handshake->has_plaintext() || !early_reads.empty()))) {
      last_words = std::move(reason);
      // Whoever is about to ask for the handshake gets that as the answer.
      if (unasked)
        deadline.set(self, now() + unasked_max, [this] { end(*last_words); });
      return;
    }
    const auto gone = reason == errc::connection_closed;
    // Who hangs up between the two halves has just learned our ID.
    if (gone && current == phase::handshaking && handshake->proven())
      fail(errc::connection_closed,
           "the remote hung up once it knew who we are: it may have dialed "
           "another ID, or not want us");
    else if (gone && finished)
      fail(errc::hung_up);
    else if (gone && !heard && judged != errc::none)
      fail(judged, "the remote hung up after the handshake, as our node infos "
                   "do not fit");
    else
      end(std::move(reason));
  }

  void down(caf::down_msg& msg) {
    if (msg.source == stream.address()) {
      // Urgent messages overtake data that is already here.
      self->send(self, closed_atom_v, std::move(msg.reason));
      return;
    }
    if (owner.is(msg.source))
      fail(errc::shutting_down);
  }

  void fail(errc code, std::string context = {}) {
    end(context.empty() ? caf::make_error(code)
                        : caf::make_error(code, std::move(context)));
  }

  void end(caf::error reason) {
    if (current == phase::handshaking)
      promise.deliver(reason);
    // Whoever holds too much keeps none of it.
    if (packets && reason != errc::over_budget)
      hand_over(SIZE_MAX);
    self->quit(std::move(reason));
  }

  time_point now() const {
    return self->system().clock().now();
  }

  mconn_connection_actor::pointer self;
  byte_stream_actor stream;
  stream_outflow<mconn_connection_actor::pointer> outflow;
  connection_ends ends;
  std::shared_ptr<const mconn_options> options;
  phase current = phase::idle;
  alarm wakeup;

  watch owner; // Whoever asked for the handshake.
  signs_of_life signs;
  std::unique_ptr<mconn_handshake> handshake; // Until `start`.
  caf::typed_response_promise<handshake_result> promise;

  std::optional<mconn_stream> packets;
  caf::actor_addr reader;
  caf::actor_addr writer;
  raw_bytes early_reads;    // What came before somebody told us what to do.
  size_t reads_allowed = 0; // Memory of reads that we have not seen.
  size_t last_read = 0;     // The same of the last one.
  inbound_window window;
  peer_traffic traffic;
  std::optional<connection_account> account; // Since `start`.

  /// Why the byte stream has ended, while `start` has yet to say who is to get
  /// what came before. Whoever asked for the handshake starts us or ends us.
  std::optional<caf::error> last_words;

  bool heard = false;       // Something has arrived since the handshake.
  errc judged = errc::none; // What the remote finds wrong with our node info.
  bool closing = false;
  bool finished = false; // The remote knows that nothing more comes.
  alarm deadline;        // Of the goodbye, and of one that was never asked.
};

} // namespace

connection_actor
spawn_mconn_connection(caf::actor_system& sys, byte_stream stream,
                       connection_ends ends,
                       std::shared_ptr<const mconn_options> options) {
  return spawn_state<mconn_connection_state, mconn_connection_actor>(
      sys, std::move(stream), std::move(ends), std::move(options));
}

} // namespace troupe
